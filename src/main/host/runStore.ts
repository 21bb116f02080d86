import { open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import {
  runRecordSchema,
  type CheckpointName,
  type EpochMetrics,
  type MetricLine,
  type RunRecord,
  type RunStatus,
  type RunSummary,
} from '@shared/contract/records'
import { checkpointsAmong } from '@shared/checkpointNames'
import { VitrineError } from '@shared/errors'
import { homeFolders, runFiles } from '@shared/folders'
import { parseMetricLines } from '@shared/metricsFile'
import { writeFileAtomic } from './atomicFile'
import { exists, folderInside } from './folderNames'
import { isMissing } from './jsonFile'
import { parseJson } from '@shared/json'
import { logWarning } from './log'
import { isStillAlive } from './processLiveness'

/** Enough for the lines of several hundred steps, among which the last epoch's is nearly always. */
const tailBytes = 64 * 1024

export interface RunStoreOptions {
  home: string
  /** Moves a folder to the system's trash; rejects where there is none. */
  trash(folder: string): Promise<void>
}

/**
 * The runs on disk. Their folders are the only truth: nothing is kept in memory, so that runs of the
 * command line are the same as the window's.
 */
export class RunStore {
  readonly folder: string

  constructor(private readonly options: RunStoreOptions) {
    this.folder = path.join(options.home, homeFolders.runs)
  }

  /** Newest first; folders without a readable record are left out. */
  async list(): Promise<RunSummary[]> {
    const names = await this.folderNames()
    const runs = await Promise.all(names.map((name) => this.summaryOrNull(name)))
    return runs
      .filter((run) => run !== null)
      .sort((a, b) => b.record.createdAt.localeCompare(a.record.createdAt) || b.record.id.localeCompare(a.record.id))
  }

  /** @throws VitrineError `not-found` or `unreadable`. */
  async get(runId: string): Promise<RunSummary> {
    const folder = folderInside(this.folder, runId, 'run')
    const record = await this.currentRecord(folder)
    const [lastEpoch, checkpoints] = await Promise.all([lastEpochOf(folder), checkpointsOf(folder)])
    return { record, folder, lastEpoch, checkpoints }
  }

  /** All lines of the run's metrics; a line that was torn by a crash is left out. */
  async metrics(runId: string): Promise<MetricLine[]> {
    try {
      return parseMetricLines(await readFile(path.join(this.folderOf(runId), runFiles.metrics), 'utf8'))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  folderOf(runId: string): string {
    return folderInside(this.folder, runId, 'run')
  }

  async rename(runId: string, name: string): Promise<RunRecord> {
    const folder = this.folderOf(runId)
    const record = { ...(await this.currentRecord(folder)), name }
    await writeRecord(folder, record)
    return record
  }

  /** @throws VitrineError `unavailable` while a process trains it. */
  async remove(runId: string): Promise<void> {
    const folder = this.folderOf(runId)
    if (!(await exists(folder))) throw new VitrineError('not-found', `There is no run “${runId}”.`)
    const record = await readRecord(folder).catch(() => null)
    if (record?.status === 'running' && (await isBeingTrained(record))) {
      throw new VitrineError('unavailable', `“${record.name || runId}” is being trained: stop it before removing it.`)
    }
    await this.options.trash(folder).catch(() => rm(folder, { recursive: true }))
  }

  /**
   * Writes how a run ended whose process could not. A record that already tells its end is left as it
   * is, and so is that of a run which this process never came to resume; a folder that never got a
   * record is removed when there is nothing in it.
   * @param pid of the process; null where none could be started
   */
  async settle(runId: string, status: RunStatus, reason: string, pid: number | null): Promise<void> {
    const folder = this.folderOf(runId)
    let record: RunRecord
    try {
      record = await readRecord(folder)
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error
      if (error.kind === 'not-found') await removeEmptyRun(folder)
      return
    }
    if (record.status !== 'running' && record.status !== 'interrupted') return
    if (record.processId !== pid) return
    await writeRecord(folder, { ...record, status, reason, endedAt: record.endedAt ?? new Date().toISOString() })
  }

  private async folderNames(): Promise<string[]> {
    try {
      const entries = await readdir(this.folder, { withFileTypes: true })
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  private async summaryOrNull(name: string): Promise<RunSummary | null> {
    try {
      return await this.get(name)
    } catch (error) {
      // A run whose record is not written yet is nothing to complain of.
      if (!(error instanceof VitrineError) || error.kind !== 'not-found')
        logWarning('runs', `${name}: ${String(error)}`)
      return null
    }
  }

  /** The record, with `running` corrected where its process has gone. */
  private async currentRecord(folder: string): Promise<RunRecord> {
    const record = await readRecord(folder)
    if (record.status !== 'running') return record
    if (await isBeingTrained(record)) return record
    // Its process may have written the end between the two looks.
    const again = await readRecord(folder)
    if (again.status !== 'running') return again
    const interrupted: RunRecord = {
      ...again,
      status: 'interrupted',
      reason: 'The process that trained it ended unexpectedly.',
      endedAt: await lastWriteOf(folder),
    }
    await writeRecord(folder, interrupted)
    return interrupted
  }
}

/** Whether the process that the record names is still the one that began, or resumed, the run. */
function isBeingTrained({ processId, createdAt, resumedAt }: RunRecord): Promise<boolean> {
  return isStillAlive(processId, new Date(resumedAt ?? createdAt))
}

/**
 * The record in a run folder; the folder's name is the run's id, also after it was copied.
 * @throws VitrineError `not-found` without a record, `unreadable` with a damaged one.
 */
async function readRecord(folder: string): Promise<RunRecord> {
  const id = path.basename(folder)
  let text: string
  try {
    text = await readFile(path.join(folder, runFiles.record), 'utf8')
  } catch (error) {
    if (isMissing(error)) throw new VitrineError('not-found', `There is no run “${id}”.`, { cause: error })
    throw error
  }
  const parsed = runRecordSchema.safeParse(parseJson(text))
  if (!parsed.success) {
    throw new VitrineError('unreadable', `${runFiles.record} of the run “${id}” is damaged: restore or remove it.`, {
      cause: parsed.error,
    })
  }
  return { ...parsed.data, id }
}

function writeRecord(folder: string, record: RunRecord): Promise<void> {
  return writeFileAtomic(path.join(folder, runFiles.record), `${JSON.stringify(record, null, 2)}\n`)
}

/** `rmdir` refuses a folder that holds anything, so nothing can be lost. */
async function removeEmptyRun(folder: string): Promise<void> {
  try {
    await rmdir(path.join(folder, runFiles.checkpoints))
    await rmdir(folder)
  } catch (error) {
    if (!isMissing(error)) logWarning('runs', String(error))
  }
}

/** When something was last heard of a run: its metrics, else its record. */
async function lastWriteOf(folder: string): Promise<string> {
  for (const name of [runFiles.metrics, runFiles.record]) {
    try {
      return (await stat(path.join(folder, name))).mtime.toISOString()
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return new Date().toISOString()
}

async function checkpointsOf(folder: string): Promise<CheckpointName[]> {
  const files = await Promise.all(
    [runFiles.checkpoints, runFiles.snapshots].map(async (name) => {
      try {
        return await readdir(path.join(folder, name))
      } catch (error) {
        if (isMissing(error)) return []
        throw error
      }
    }),
  )
  return checkpointsAmong(files.flat())
}

function lastEpochIn(text: string): EpochMetrics | null {
  const lines = text.split('\n').filter((line) => line.includes('"epoch"') && line.includes('"train_loss"'))
  for (const line of lines.reverse()) {
    const metrics = parseMetricLines(line)[0]
    if (metrics?.type === 'epoch') return metrics
  }
  return null
}

/** Reads the end of the metrics first: a long run's file holds megabytes of steps. */
async function lastEpochOf(folder: string): Promise<EpochMetrics | null> {
  const file = path.join(folder, runFiles.metrics)
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      const start = Math.max(0, size - tailBytes)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
      const found = lastEpochIn(buffer.toString('utf8', 0, bytesRead))
      if (found !== null || start === 0) return found
    } finally {
      await handle.close()
    }
    return lastEpochIn(await readFile(file, 'utf8'))
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
