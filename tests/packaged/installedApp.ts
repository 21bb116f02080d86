import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium, type Browser, type Page } from 'playwright'
import type { Installation } from './installation'
import { memoryOfFamily, type ProcessMemory } from './processMemory'

const pollMs = 50
const startLimitMs = 60_000
const closeLimitMs = 30_000

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

/**
 * The installed window, driven through Chromium's debugging port: the packaged program refuses Node's
 * inspector, which tests of the unpackaged one use.
 */
export class InstalledApp implements AsyncDisposable {
  private constructor(
    private readonly process: ChildProcess,
    private readonly browser: Browser,
    readonly page: Page,
    /** When the command was given, in milliseconds since 1970. */
    readonly startedAt: number,
    private readonly log: string[],
  ) {}

  static async start(
    installation: Installation,
    display: string,
    words: readonly string[] = [],
  ): Promise<InstalledApp> {
    const port = await freePort()
    const startedAt = Date.now()
    const command = ['vitrine', `--remote-debugging-port=${port}`, ...words]
    const process = installation.start(command, { DISPLAY: display, VITRINE_NO_QUIT_PROMPT: '1' })
    const log: string[] = []
    for (const stream of [process.stdout, process.stderr]) stream?.on('data', (chunk) => log.push(String(chunk)))
    try {
      const browser = await connect(port, process)
      return new InstalledApp(process, browser, await firstPage(browser), startedAt, log)
    } catch (error) {
      process.kill('SIGKILL')
      throw new Error(`The installed program did not start:\n${log.join('').slice(-4000)}`, { cause: error })
    }
  }

  /** What the program has said so far. */
  output(): string {
    return this.log.join('')
  }

  /** Memory of each of its processes. */
  memory(): Promise<ProcessMemory[]> {
    return memoryOfFamily(this.process.pid ?? 0)
  }

  /** Closes the window as a user does, and ends what has not ended by itself in time. */
  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise<void>((resolve) => this.process.once('exit', () => resolve()))
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const session = await this.browser.newBrowserCDPSession()
    await session.send('Browser.close').catch(() => undefined)
    const closed = await Promise.race([exited.then(() => true), wait(closeLimitMs, false, { ref: false })])
    if (!closed) this.process.kill('SIGKILL')
    await exited
  }
}

async function connect(port: number, process: ChildProcess): Promise<Browser> {
  const address = `http://127.0.0.1:${port}`
  const deadline = Date.now() + startLimitMs
  while (process.exitCode === null && Date.now() < deadline) {
    const answers = await fetch(`${address}/json/version`).then(
      (response) => response.ok,
      () => false,
    )
    if (answers) return chromium.connectOverCDP(address)
    await wait(pollMs)
  }
  throw new Error('nobody answers at the debugging port')
}

async function firstPage(browser: Browser): Promise<Page> {
  const [context] = browser.contexts()
  if (context === undefined) throw new Error('there is no browser context')
  return context.pages()[0] ?? context.waitForEvent('page')
}
