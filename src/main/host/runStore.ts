import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import type { MetricLine, RunRecord, RunStatus, RunSummary } from '@shared/contract/records'
import type { RunFile, RunList, RunNotesChange } from '@shared/contract/runRecords'
import { VitrineError } from '@shared/errors'
import { homeFiles, homeFolders, runFiles } from '@shared/folders'
import { parseMetricLines } from '@shared/metricsFile'
import { exists, folderInside } from './folderNames'
import { filesBelow, freeBytesAt } from './folderContents'
import { isMissing } from './jsonFile'
import { logWarning } from './log'
import { mapAtMost } from './parallel'
import { checkpointsOf, readRunFolder } from './runFolderReading'
import { RunIndex, stampOf, type IndexEntry } from './runIndex'
import { readMetricsEnd } from './runMetricsFile'
import { changedNotes, readNotes, writeNotes } from './runNotesFile'
import { correctedRecord, isBeingTrained, readRecord, writeRecord } from './runRecordFile'

/** Folders that are read at the same time. */
const foldersAtOnce = 32

export interface RunStoreOptions {
  home: string
  /** Moves a folder to the system's trash; rejects where there is none. */
  trash(folder: string): Promise<void>
}

/**
 * The runs on disk. Their folders are the only truth, so that runs of the command line are the same as
 * the window's; the index beside them only saves reading again what has not changed.
 */
export class RunStore {
  readonly folder: string
  private readonly index: RunIndex

  constructor(private readonly options: RunStoreOptions) {
    this.folder = path.join(options.home, homeFolders.runs)
    this.index = new RunIndex(path.join(options.home, homeFiles.runIndex))
  }

  /** Newest first; damaged runs apart. */
  async list(): Promise<RunList> {
    const [names, known] = await Promise.all([this.folderNames(), this.index.entries()])
    const read = await mapAtMost(foldersAtOnce, names, (name) => this.entryOf(name, known.get(name)))
    const entries = new Map(read.flatMap((entry, place) => (entry === null ? [] : [[names[place] ?? '', entry]])))
    await this.index.replace(entries).catch((error: unknown) => logWarning('runs', `index: ${String(error)}`))
    const list: RunList = { runs: [], damaged: [], freeBytes: await freeBytesAt(this.options.home) }
    for (const [name, { reading }] of entries) {
      const folder = path.join(this.folder, name)
      // The home may have been moved since the folder was read.
      if (reading?.kind === 'run') list.runs.push({ ...reading.run, folder })
      if (reading?.kind === 'damaged') list.damaged.push({ ...reading.run, folder })
    }
    list.runs.sort(
      (a, b) => b.record.createdAt.localeCompare(a.record.createdAt) || b.record.id.localeCompare(a.record.id),
    )
    list.damaged.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id))
    return list
  }

  /** @throws VitrineError `not-found` or `unreadable`. */
  async get(runId: string): Promise<RunSummary> {
    const folder = this.folderOf(runId)
    const record = await correctedRecord(folder, await readRecord(folder))
    const [{ lastEpoch }, checkpoints] = await Promise.all([readMetricsEnd(folder), checkpointsOf(folder)])
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

  /** @throws VitrineError `not-found`. */
  async files(runId: string): Promise<RunFile[]> {
    return filesBelow(await this.existingFolder(runId))
  }

  async rename(runId: string, name: string): Promise<RunRecord> {
    const folder = this.folderOf(runId)
    const record = { ...(await correctedRecord(folder, await readRecord(folder))), name }
    await writeRecord(folder, record)
    return record
  }

  /**
   * Changes tags, notes, or whether runs are archived.
   * @throws VitrineError `not-found`, before anything is written.
   */
  async annotate(runIds: readonly string[], change: RunNotesChange): Promise<void> {
    const folders = await Promise.all(runIds.map((runId) => this.existingFolder(runId)))
    await mapAtMost(foldersAtOnce, folders, async (folder) => {
      const { notes } = await readNotes(folder)
      await writeNotes(folder, changedNotes(notes, change))
    })
  }

  /** @throws VitrineError `unavailable` while a process trains it. */
  async remove(runId: string): Promise<void> {
    const folder = await this.existingFolder(runId)
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

  private async existingFolder(runId: string): Promise<string> {
    const folder = this.folderOf(runId)
    if (!(await exists(folder))) throw new VitrineError('not-found', `There is no run “${runId}”.`)
    return folder
  }

  /** Names that begin with a dot are of what is being made or is hidden. */
  private async folderNames(): Promise<string[]> {
    try {
      const entries = await readdir(this.folder, { withFileTypes: true })
      return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  /** The known entry where the folder has not changed; null where it can't be read, or has gone. */
  private async entryOf(name: string, known: IndexEntry | undefined): Promise<IndexEntry | null> {
    const folder = path.join(this.folder, name)
    try {
      // Taken before reading: what is written meanwhile is read the next time.
      const stamp = await stampOf(folder)
      if (known?.stamp === stamp) return known
      return { stamp, reading: await readRunFolder(folder) }
    } catch (error) {
      if (!isMissing(error)) logWarning('runs', `${name}: ${String(error)}`)
      return null
    }
  }
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
