import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { classifyFile } from './fileKind'

type RequestedFile = WindowOutput<'files.requested'>['files'][number]

/**
 * Files that the system asked Vitrine to open, by a command line or a double click in the file
 * manager. They wait here until the window asks for them, which may be long after: it has to be drawn.
 */
export class OpenRequests {
  private waiting: string[] = []

  /** @param onRequest called when there are files that the window has not taken yet */
  constructor(private readonly onRequest: () => void) {}

  add(files: readonly string[]): void {
    if (files.length === 0) return
    this.waiting.push(...files)
    this.onRequest()
  }

  /**
   * Hands the files over, each once, with what it is; a run configuration with its text.
   * @throws VitrineError `not-found`.
   */
  async take(): Promise<RequestedFile[]> {
    const files = this.waiting
    this.waiting = []
    return Promise.all(files.map(look))
  }
}

async function look(file: string): Promise<RequestedFile> {
  const kind = await classifyFile(file)
  return { path: file, kind, text: kind === 'config' ? await readFile(file, 'utf8') : null }
}

/**
 * Files and folders on a command line: its words without the program, switches and the folder of the
 * app, which an Electron that is not packaged is given.
 *
 * @param folder where the command was typed
 */
export function filesOnCommandLine(words: readonly string[], folder: string, appFolder: string): string[] {
  return words
    .slice(1)
    .filter((word) => word !== '' && !word.startsWith('-'))
    .map((word) => path.resolve(folder, word))
    .filter((file) => file !== appFolder)
}
