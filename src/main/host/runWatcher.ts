import { watch, type FSWatcher } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { runFiles } from '@shared/folders'
import { logWarning } from './log'

const quietMs = 300

/**
 * Files of a run that tell of a change. `run.json` is written when a run starts, at each epoch and at the
 * end: the steps' metrics would never be quiet.
 */
const watchedFiles: ReadonlySet<string | null> = new Set([runFiles.record, runFiles.notes])

/** Tells when runs appear, change or go, whoever made them. */
export class RunWatcher {
  private folderWatcher: FSWatcher | null = null
  private readonly runWatchers = new Map<string, FSWatcher>()
  private timer: NodeJS.Timeout | null = null
  private closed = false

  constructor(
    private readonly folder: string,
    private readonly onChange: () => void,
  ) {}

  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    if (this.closed) return
    this.folderWatcher = this.watch(this.folder, () => {
      void this.followRuns()
      this.changed()
    })
    await this.followRuns()
  }

  close(): void {
    this.closed = true
    if (this.timer !== null) clearTimeout(this.timer)
    this.folderWatcher?.close()
    for (const watcher of this.runWatchers.values()) watcher.close()
    this.runWatchers.clear()
  }

  private async followRuns(): Promise<void> {
    let names: Set<string>
    try {
      const entries = await readdir(this.folder, { withFileTypes: true })
      names = new Set(entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name))
    } catch (error) {
      logWarning('runs', String(error))
      return
    }
    if (this.closed) return
    for (const [name, watcher] of this.runWatchers) {
      if (names.has(name)) continue
      watcher.close()
      this.runWatchers.delete(name)
    }
    for (const name of names) {
      if (this.runWatchers.has(name)) continue
      const watcher = this.watch(path.join(this.folder, name), (file) => {
        if (watchedFiles.has(file)) this.changed()
      })
      if (watcher !== null) this.runWatchers.set(name, watcher)
    }
  }

  /** A folder that can't be watched, for want of the system's watches say, is only seen late. */
  private watch(folder: string, listener: (file: string | null) => void): FSWatcher | null {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, file) => listener(file))
      watcher.on('error', () => watcher.close())
      return watcher
    } catch (error) {
      logWarning('runs', `not watched: ${String(error)}`)
      return null
    }
  }

  private changed(): void {
    if (this.closed) return
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.onChange()
    }, quietMs)
  }
}
