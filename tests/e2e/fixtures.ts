import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test as base, type TestInfo } from '@playwright/test'
import { _electron as electron, type ElectronApplication, type Page } from 'playwright'
import { z } from 'zod'

const checkout = path.resolve(import.meta.dirname, '..', '..')
const runtimeSchema = z.object({ electron: z.object({ executable: z.string() }) })

/** Electron that set-up chose on this machine. */
async function electronExecutable(): Promise<string> {
  const text = await readFile(path.join(checkout, '.vitrine', 'runtime.json'), 'utf8')
  return runtimeSchema.parse(JSON.parse(text)).electron.executable
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/**
 * One running Vitrine. It ends with the block that holds it: `await using app = await VitrineApp.launch(folder)`.
 * Two launches with the same folder, one after the other, are a restart of the app.
 */
export class VitrineApp implements AsyncDisposable {
  private readonly log: string[] = []

  private constructor(
    readonly electron: ElectronApplication,
    /** Where its runs and datasets are. */
    readonly home: string,
  ) {
    const { stdout, stderr } = electron.process()
    for (const stream of [stdout, stderr]) stream?.on('data', (chunk) => this.log.push(String(chunk)))
    electron.on('window', (page) => {
      page.on('console', (message) => this.log.push(`window ${message.type()}: ${message.text()}\n`))
      page.on('pageerror', (error) => this.log.push(`window error: ${error.message}\n`))
    })
  }

  static async launch(folder: string, home = path.join(folder, 'home')): Promise<VitrineApp> {
    const application = await electron.launch({
      executablePath: await electronExecutable(),
      args: ['--no-sandbox', `--user-data-dir=${path.join(folder, 'user-data')}`, checkout],
      // A question that nobody answers would keep the app open.
      env: { ...definedEnvironment(), VITRINE_HOME: home, VITRINE_NO_QUIT_PROMPT: '1' },
    })
    const app = new VitrineApp(application, home)
    await application.context().tracing.start({ screenshots: true, snapshots: true })
    return app
  }

  /** The window, once it is there. */
  async window(): Promise<Page> {
    return this.electron.firstWindow()
  }

  /** What the app and its window have said so far. */
  output(): string {
    return this.log.join('')
  }

  /** Leaves log, screenshot and trace with the test's results. */
  async keepEvidence(testInfo: TestInfo): Promise<void> {
    await writeFile(testInfo.outputPath('app.log'), this.output())
    await this.electron.context().tracing.stop({ path: testInfo.outputPath('trace.zip') })
    for (const [index, page] of this.electron.windows().entries()) {
      await page.screenshot({ path: testInfo.outputPath(`window-${index + 1}.png`) })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.electron.close()
  }
}

interface Fixtures {
  /** A folder for this test alone, gone at its end. */
  folder: string
  /** A fresh Vitrine with its home and user data in that folder. */
  app: VitrineApp
  /** The window of that Vitrine. */
  page: Page
}

export const test = base.extend<Fixtures>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'vitrine-e2e-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  app: async ({ folder }, use, testInfo) => {
    await using app = await VitrineApp.launch(folder)
    await use(app)
    if (testInfo.status !== testInfo.expectedStatus) await app.keepEvidence(testInfo)
  },
  page: async ({ app }, use) => {
    await use(await app.window())
  },
})

export { expect } from '@playwright/test'
