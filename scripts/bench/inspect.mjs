import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync, closeSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { _electron as electron } from 'playwright'
import sharp from 'sharp'
import { requireElectron, sandboxSwitches } from '../setup/launch.mjs'
import { checkout, inCheckout } from '../setup/places.mjs'
import { readRuntime } from '../setup/runtime.mjs'

/**
 * How quick the inspection is, on models with random weights, printed as JSON: opening a ViT-B/16
 * (330 MB) and the engine's memory with it; the attention flow of all tokens through ViT-S/16 and
 * ViT-S/32; and in the window, with ViT-S/16 open, the time from the drop of a photograph to its map
 * and from a change of head or opacity to the next picture.
 *
 *   xvfb-run -a node scripts/bench/inspect.mjs [engine | window]
 */

const presets = {
  'S/32': { width: 384, depth: 12, patch: 32 },
  'S/16': { width: 384, depth: 12, patch: 16 },
  'B/16': { width: 768, depth: 12, patch: 16 },
}
const imageSize = 224
const classes = 1000

const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-inspect-'))
try {
  const only = process.argv[2]
  const photo = await photograph('photo.jpg', 3)
  const results = {
    threads: availableParallelism(),
    ...(only === 'window' ? {} : await engineFigures(photo)),
    ...(only === 'engine' ? {} : await windowFigures(photo)),
  }
  console.log(JSON.stringify(results, null, 2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A JPEG of 1600 × 1200 pixels with soft spots. @param {string} name @param {number} spots */
async function photograph(name, spots) {
  const circles = Array.from({ length: spots }, (_, i) => {
    return `<circle cx="${300 + i * 450}" cy="${400 + (i % 2) * 350}" r="180" fill="hsl(${i * 90} 70% 55%)"/>`
  })
  const file = path.join(folder, name)
  const drawing = `<svg width="1600" height="1200"><rect width="1600" height="1200" fill="#345"/>${circles.join('')}</svg>`
  await sharp(Buffer.from(drawing)).blur(8).jpeg().toFile(file)
  return file
}

/** A checkpoint in timm's names with random weights. @param {keyof typeof presets} name */
function randomCheckpoint(name) {
  const { width, depth, patch } = presets[name]
  /** @type {[string, number[]][]} */
  const tensors = [
    ['cls_token', [1, 1, width]],
    ['pos_embed', [1, 1 + (imageSize / patch) ** 2, width]],
    ['patch_embed.proj.weight', [width, 3, patch, patch]],
    ['patch_embed.proj.bias', [width]],
    ['norm.weight', [width]],
    ['norm.bias', [width]],
    ['head.weight', [classes, width]],
    ['head.bias', [classes]],
  ]
  for (let block = 0; block < depth; block++) {
    /** @type {[string, number[]][]} */
    const own = [
      ['norm1.weight', [width]],
      ['norm1.bias', [width]],
      ['attn.qkv.weight', [3 * width, width]],
      ['attn.qkv.bias', [3 * width]],
      ['attn.proj.weight', [width, width]],
      ['attn.proj.bias', [width]],
      ['norm2.weight', [width]],
      ['norm2.bias', [width]],
      ['mlp.fc1.weight', [4 * width, width]],
      ['mlp.fc1.bias', [4 * width]],
      ['mlp.fc2.weight', [width, 4 * width]],
      ['mlp.fc2.bias', [width]],
    ]
    for (const [tensor, shape] of own) tensors.push([`blocks.${block}.${tensor}`, shape])
  }
  const file = path.join(folder, `${name.replace('/', '')}.safetensors`)
  writeRandom(file, tensors)
  return file
}

/** @param {string} file @param {[string, number[]][]} tensors */
function writeRandom(file, tensors) {
  let offset = 0
  const counts = tensors.map(([, shape]) => shape.reduce((product, side) => product * side, 1))
  const entries = tensors.map(([name, shape], index) => {
    const end = offset + 4 * (counts[index] ?? 0)
    const entry = [name, { dtype: 'F32', shape, data_offsets: [offset, end] }]
    offset = end
    return entry
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const handle = openSync(file, 'w')
  writeSync(handle, length)
  writeSync(handle, header)
  let state = 12345
  for (const [index, [name]] of tensors.entries()) {
    const values = new Float32Array(counts[index] ?? 0)
    const scale = name.includes('norm') && name.endsWith('weight') ? 0 : 0.1
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      values[i] = scale === 0 ? 1 : scale * (state / 2 ** 31 - 1)
    }
    writeSync(handle, new Uint8Array(values.buffer))
  }
  closeSync(handle)
}

/** Starts an engine process as the app does; `ask` gives an answer and how long it took. */
function startEngine() {
  const { node = process.execPath } = readRuntime()
  const child = fork(inCheckout('out', 'main', 'engine', 'serve.js'), [], {
    execPath: node,
    env: { ...process.env, VITRINE_HOME: path.join(folder, 'home'), VITRINE_RESOURCES: inCheckout('out', 'resources') },
  })
  let asked = 0
  /** @param {string} route @param {unknown} input */
  async function ask(route, input) {
    const id = ++asked
    const startedAt = performance.now()
    const answer = new Promise((resolve, reject) => {
      child.on('message', (message) => {
        if (typeof message !== 'object' || message === null || !('id' in message) || message.id !== id) return
        if ('type' in message && message.type === 'result') resolve(message)
        if ('type' in message && message.type === 'failure') reject(new Error(JSON.stringify(message)))
      })
    })
    child.send({ type: 'request', id, route, input })
    await answer
    return (performance.now() - startedAt) / 1000
  }
  return { ask, pid: child.pid ?? 0, stop: () => child.kill() }
}

/** Resident memory of a process now and at its peak, in bytes. @param {number} pid */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (/** @type {string} */ name) => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
}

/** @param {string} photo */
async function engineFigures(photo) {
  const big = randomCheckpoint('B/16')
  const image = { from: 'file', path: photo }
  const opening = startEngine()
  await opening.ask('doctor', {})
  const checkpoint = { from: 'file', path: big }
  const modelSeconds = await opening.ask('inspect.model', { checkpoint })
  const imageSeconds = await opening.ask('inspect.image', { checkpoint, image })
  const attentionSeconds = await opening.ask('inspect.attention', { checkpoint, image, query: 0 })
  const memory = memoryOf(opening.pid)
  opening.stop()
  const flow = startEngine()
  const recipe = { method: 'flow', layer: 0, fusion: 'mean', residual: true, discard: 0, classIndex: null }
  const seconds = { 'S/16': 0, 'S/32': 0 }
  for (const name of /** @type {const} */ (['S/16', 'S/32'])) {
    const asked = { checkpoint: { from: 'file', path: randomCheckpoint(name) }, image, query: 0 }
    await flow.ask('inspect.attention', asked)
    seconds[name] = await flow.ask('inspect.map', { ...asked, recipe, request: name })
  }
  flow.stop()
  return {
    opening: {
      fileBytes: statSync(big).size,
      modelSeconds,
      firstImageSeconds: imageSeconds,
      attentionSeconds,
      memoryBytes: memory.now,
      peakMemoryBytes: memory.peak,
    },
    flowSeconds: seconds,
  }
}

/** @param {string} photo */
async function windowFigures(photo) {
  const small = randomCheckpoint('S/16')
  const home = path.join(folder, 'window-home')
  mkdirSync(home, { recursive: true })
  const app = await electron.launch({
    executablePath: requireElectron(),
    args: [...sandboxSwitches(requireElectron()), `--user-data-dir=${path.join(folder, 'user')}`, checkout],
    env: { ...process.env, VITRINE_HOME: home, VITRINE_NO_QUIT_PROMPT: '1' },
  })
  try {
    const window = await app.firstWindow()
    await drop(window, small)
    await drop(window, await photograph('first.jpg', 1))
    await scaleOf(window).waitFor({ timeout: 60_000 })
    const before = await scaleOf(window).getAttribute('aria-label')
    const overlayMs = await dropUntilMap(window, photo, before)
    return { overlayMs, redrawMs: await redraws(window) }
  } finally {
    await app.close()
  }
}

/** @param {import('playwright').Page} window */
function scaleOf(window) {
  return window.getByRole('img', { name: /^attention of each patch: from/ })
}

/** Gives the window a file of the disk to drop. @param {import('playwright').Page} window @param {string} file */
async function holdFile(window, file) {
  await window.evaluate(() => {
    document.querySelector('#held-file')?.remove()
    const input = document.createElement('input')
    input.type = 'file'
    input.id = 'held-file'
    document.body.append(input)
  })
  await window.locator('#held-file').setInputFiles(file)
}

/** @param {import('playwright').Page} window @param {string} file */
async function drop(window, file) {
  await holdFile(window, file)
  await window.evaluate(() => {
    const input = document.querySelector('#held-file')
    if (!(input instanceof HTMLInputElement) || input.files === null) throw new Error('no file to drop')
    const transfer = new DataTransfer()
    for (const held of input.files) transfer.items.add(held)
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  })
}

/**
 * Milliseconds from the drop to the frame after the map's numbers and the picture are there.
 * @param {import('playwright').Page} window @param {string} photo @param {string | null} before
 */
async function dropUntilMap(window, photo, before) {
  await holdFile(window, photo)
  return window.evaluate(async (earlier) => {
    const input = document.querySelector('#held-file')
    if (!(input instanceof HTMLInputElement) || input.files === null) throw new Error('no file to drop')
    const transfer = new DataTransfer()
    for (const held of input.files) transfer.items.add(held)
    const startedAt = performance.now()
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    for (;;) {
      await nextFrame()
      const scale = document.querySelector('[aria-label^="attention of each patch: from"]')
      const isNew = scale !== null && scale.getAttribute('aria-label') !== earlier
      const shown = document.querySelector('button[aria-pressed="true"][aria-label="Show photo.jpg"] img')
      if (isNew && shown !== null) break
      if (performance.now() - startedAt > 30_000) throw new Error('the map did not come')
    }
    await nextFrame()
    return Math.round(performance.now() - startedAt)
  }, before)
}

/**
 * Milliseconds from a key or a slider's step to the frame in which the canvas has been drawn anew: the
 * median and the longest of twenty each.
 * @param {import('playwright').Page} window
 */
async function redraws(window) {
  await window.evaluate(() => {
    const drawn = CanvasRenderingContext2D.prototype.drawImage
    Object.assign(globalThis, { lastDrawn: 0 })
    CanvasRenderingContext2D.prototype.drawImage = function (/** @type {any[]} */ ...given) {
      Object.assign(globalThis, { lastDrawn: performance.now() })
      return Reflect.apply(drawn, this, given)
    }
  })
  const head = await timed(window, 'ArrowRight', 'body')
  const layer = await timed(window, 'ArrowUp', 'body')
  await window.getByRole('slider', { name: 'Opacity' }).or(window.locator('[aria-label="Opacity"]')).first().focus()
  const opacity = await timed(window, 'ArrowLeft', 'focused')
  return { head, layer, opacity }
}

/** @param {import('playwright').Page} window @param {string} key @param {'body' | 'focused'} target */
function timed(window, key, target) {
  return window.evaluate(
    async ({ key, target }) => {
      const times = []
      for (let index = 0; index < 20; index++) {
        const on = target === 'body' ? document.body : (document.activeElement ?? document.body)
        const startedAt = performance.now()
        const pressed =
          index % 12 < 11 ? key : key === 'ArrowRight' ? 'ArrowLeft' : key === 'ArrowUp' ? 'ArrowDown' : key
        on.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, code: pressed, bubbles: true }))
        await new Promise((resolve) => requestAnimationFrame(resolve))
        await new Promise((resolve) => requestAnimationFrame(resolve))
        const drawnAt = Reflect.get(globalThis, 'lastDrawn')
        if (drawnAt >= startedAt) times.push(drawnAt - startedAt)
      }
      times.sort((a, b) => a - b)
      const rounded = (/** @type {number | undefined} */ value) => Math.round((value ?? Number.NaN) * 10) / 10
      return {
        median: rounded(times[Math.floor(times.length / 2)]),
        longest: rounded(times.at(-1)),
        changes: times.length,
      }
    },
    { key, target },
  )
}
