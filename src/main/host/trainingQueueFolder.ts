import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { queueEntrySchema, type QueueEntry } from '@shared/contract/queue'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { writeFileAtomic } from './atomicFile'
import { exists, folderInside } from './folderNames'
import { isMissing } from './jsonFile'
import { logWarning } from './log'
import { isProcess } from './processLiveness'

/** A run that shall be trained. */
export type WaitingRun = Pick<QueueEntry, 'runId' | 'title' | 'resume' | 'config'>

/** Below this the place between two runs is too narrow for numbers. */
const leastGap = 1e-6

/**
 * The runs that wait, a file for each, so that a crash loses none and two windows on one home can't
 * start the same run: renaming its file succeeds once. A file that is being started has the number of
 * its process in its name until the run has ended.
 */
export class TrainingQueueFolder {
  constructor(
    private readonly folder: string,
    private readonly runsFolder: string,
  ) {}

  /** In their order. Files that can't be read are left where they are. */
  async list(): Promise<QueueEntry[]> {
    const names = (await this.names()).filter((name) => name.endsWith('.json'))
    const entries = await Promise.all(names.map((name) => this.read(name)))
    return entries.filter((entry) => entry !== null).sort((a, b) => a.order - b.order || a.runId.localeCompare(b.runId))
  }

  /** Adds runs behind all others. @throws VitrineError `unavailable` for a run that waits already. */
  async add(runs: readonly WaitingRun[]): Promise<void> {
    const waiting = await this.list()
    for (const { runId, title } of runs) {
      if (waiting.some((entry) => entry.runId === runId)) {
        throw new VitrineError('unavailable', `“${title}” waits in the queue already.`)
      }
    }
    const first = (waiting.at(-1)?.order ?? 0) + 1
    const addedAt = new Date().toISOString()
    await this.put(runs.map((run, index) => ({ ...run, format: 1, addedAt, order: first + index })))
  }

  /** Writes entries as they are. */
  async put(entries: readonly QueueEntry[]): Promise<void> {
    await Promise.all(
      entries.map((entry) => writeFileAtomic(this.file(entry.runId), `${JSON.stringify(entry, null, 2)}\n`)),
    )
  }

  /** @throws VitrineError `not-found` for a run that doesn't wait any more. */
  async move(runId: string, to: number): Promise<void> {
    const waiting = await this.list()
    const moved = waiting.find((entry) => entry.runId === runId)
    if (moved === undefined) throw gone()
    const others = waiting.filter((entry) => entry !== moved)
    const before = others[to - 1]
    const after = others[to]
    if (before !== undefined && after !== undefined && after.order - before.order < leastGap) {
      const renumbered = others.toSpliced(to, 0, moved).map((entry, index) => ({ ...entry, order: index + 1 }))
      return this.put(renumbered)
    }
    await this.put([{ ...moved, order: orderBetween(before?.order ?? null, after?.order ?? null) }])
  }

  /** Takes a run out; null where it has gone already. */
  async remove(runId: string): Promise<QueueEntry | null> {
    const entry = await this.read(path.basename(this.file(runId)))
    await rm(this.file(runId), { force: true })
    return entry
  }

  /** Takes a run out to start it; false where another window was faster. */
  async claim(runId: string): Promise<boolean> {
    try {
      await rename(this.file(runId), this.startedFile(runId))
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  /** A run that was claimed has ended. */
  async settle(runId: string): Promise<void> {
    await rm(this.startedFile(runId), { force: true })
  }

  /** Puts runs back that a killed window had claimed but whose training never came to write its record. */
  async recover(): Promise<void> {
    for (const name of await this.names()) {
      const [, waitingName = '', processId = ''] = /^(.+\.json)\.(\d+)\.started$/.exec(name) ?? []
      const isClaimed = waitingName !== ''
      if (!isClaimed || (Number(processId) !== process.pid && isProcess(Number(processId)))) continue
      const runId = waitingName.slice(0, -'.json'.length)
      const file = path.join(this.folder, name)
      if (await exists(path.join(this.runsFolder, runId, runFiles.record))) await rm(file, { force: true })
      else await rename(file, path.join(this.folder, waitingName))
    }
  }

  private async names(): Promise<string[]> {
    await mkdir(this.folder, { recursive: true })
    return readdir(this.folder)
  }

  private file(runId: string): string {
    return `${folderInside(this.folder, runId, 'run')}.json`
  }

  private startedFile(runId: string): string {
    return `${this.file(runId)}.${process.pid}.started`
  }

  private async read(name: string): Promise<QueueEntry | null> {
    try {
      const entry = queueEntrySchema.safeParse(parseJson(await readFile(path.join(this.folder, name), 'utf8')))
      if (entry.success && `${entry.data.runId}.json` === name) return entry.data
      logWarning('queue', `${name} is damaged`)
    } catch (error) {
      if (!isMissing(error)) logWarning('queue', `${name}: ${String(error)}`)
    }
    return null
  }
}

function orderBetween(before: number | null, after: number | null): number {
  if (before === null) return after === null ? 1 : after - 1
  return after === null ? before + 1 : (before + after) / 2
}

function gone(): VitrineError {
  return new VitrineError('not-found', 'This run waits no more: it has been started or removed.')
}
