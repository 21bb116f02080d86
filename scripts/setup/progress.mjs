/**
 * Says what set-up is doing. On a terminal the running steps share one line that is rewritten;
 * elsewhere each says a line when it begins, every ten seconds while it goes on, and at its end.
 */

const plainIntervalMs = 10_000
const terminalIntervalMs = 200

/**
 * @typedef {object} StepProgress
 * @property {(detail: string) => void} detail  what it is doing now, e.g. `34 of 52 MB`
 * @property {(result: string) => void} done
 * @property {() => void} failed
 */

export class Progress {
  /** @type {Map<string, { detail: string, startedAt: number, saidAt: number }>} */
  #running = new Map()
  #drawnAt = 0

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.stream = stream
    this.live = stream.isTTY === true
  }

  /** @param {string} text */
  say(text) {
    this.#clear()
    this.stream.write(`${text}\n`)
    this.#draw()
  }

  /** @param {string} name @param {string} detail @returns {StepProgress} */
  begin(name, detail) {
    const step = { detail, startedAt: Date.now(), saidAt: Date.now() }
    this.#running.set(name, step)
    if (!this.live) this.say(`  ${name}: ${detail}`)
    return {
      detail: (next) => {
        const isNews = step.detail !== next
        step.detail = next
        if (!isNews) return
        if (this.live) this.#draw()
        else if (Date.now() - step.saidAt > plainIntervalMs) {
          step.saidAt = Date.now()
          this.say(`  ${name}: ${next}`)
        }
      },
      done: (result) => {
        this.#running.delete(name)
        this.say(`✓ ${name}: ${result} (${((Date.now() - step.startedAt) / 1000).toFixed(1)} s)`)
      },
      failed: () => {
        this.#running.delete(name)
        this.#clear()
      },
    }
  }

  #clear() {
    if (this.live) this.stream.write('\r\u001b[K')
  }

  #draw() {
    if (!this.live || this.#running.size === 0 || Date.now() - this.#drawnAt < terminalIntervalMs) return
    this.#drawnAt = Date.now()
    const line = [...this.#running].map(([name, step]) => `${name}: ${step.detail}`).join('  ·  ')
    this.#clear()
    this.stream.write(line.slice(0, (this.stream.columns ?? 80) - 1))
  }
}

/** `34 of 52 MB`. @param {number} bytes @param {number} totalBytes */
export function megabytes(bytes, totalBytes) {
  const inMegabytes = (/** @type {number} */ value) => Math.round(value / 1e6)
  return `${Math.min(inMegabytes(bytes), inMegabytes(totalBytes))} of ${inMegabytes(totalBytes)} MB`
}
