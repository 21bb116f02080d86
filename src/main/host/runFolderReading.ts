import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkpointFile, checkpointsAmong } from '@shared/checkpointNames'
import type { CheckpointName, RunRecord } from '@shared/contract/records'
import type { DamagedRun, ListedRun, RunFile } from '@shared/contract/runRecords'
import { runFiles } from '@shared/folders'
import { filesBelow } from './folderContents'
import { isMissing } from './jsonFile'
import { readMetricsEnd, type MetricsEnd } from './runMetricsFile'
import { readNotes } from './runNotesFile'
import { correctedRecord, lastWriteOf, readRecordFile } from './runRecordFile'

/** What a folder among the runs holds. */
export type FolderReading = { kind: 'run'; run: ListedRun } | { kind: 'damaged'; run: DamagedRun }

/**
 * Reads as much of a run's folder as can be read; null for one that holds nothing of a run, or whose
 * training has not come to writing its record. The end of a run whose process has gone is written.
 */
export async function readRunFolder(folder: string): Promise<FolderReading | null> {
  const [reading, metrics, { notes, isDamaged }, files] = await Promise.all([
    readRecordFile(folder),
    readMetricsEnd(folder),
    readNotes(folder),
    filesBelow(folder),
  ])
  if (reading === 'missing' && !files.some(({ path: file }) => isOfRun(file))) return null
  const checkpoints = checkpointsIn(files)
  const shared = {
    folder,
    lastEpoch: metrics.lastEpoch,
    checkpoints,
    notes,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
  const notesProblems = isDamaged ? [`${runFiles.notes} is damaged: tags and notes can’t be shown.`] : []
  if (reading === 'missing' || !reading.ok) {
    const words = reading === 'missing' ? 'is missing' : reading.problem
    const problems = [
      `${runFiles.record} ${words}: settings and status are not known.`,
      ...tornLines(metrics, false),
      ...notesProblems,
    ]
    return { kind: 'damaged', run: { id: path.basename(folder), ...(await remains(folder)), ...shared, problems } }
  }
  const record = await correctedRecord(folder, reading.record)
  const problems = [
    ...unknownSettings(reading.unknownSettings),
    ...tornLines(metrics, record.status === 'running'),
    ...missingParts(record, metrics, files),
    ...notesProblems,
  ]
  return { kind: 'run', run: { record, ...shared, problems } }
}

/** The checkpoints that a folder holds. */
export async function checkpointsOf(folder: string): Promise<CheckpointName[]> {
  const names = await Promise.all([runFiles.checkpoints, runFiles.snapshots].map((name) => namesIn(folder, name)))
  return checkpointsAmong(names.flat())
}

async function namesIn(folder: string, name: string): Promise<string[]> {
  try {
    return await readdir(path.join(folder, name))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** A lock alone is that of a training which is about to write its record. */
function isOfRun(file: string): boolean {
  const [first] = file.split('/')
  return first !== runFiles.lock && Object.values(runFiles).some((name) => name === first)
}

/** An empty file is none: a crash of the machine may leave one. */
function checkpointsIn(files: readonly RunFile[]): CheckpointName[] {
  const paths = new Set(files.filter(({ sizeBytes }) => sizeBytes > 0).map((file) => file.path))
  const names = [...paths].map((file) => file.slice(file.lastIndexOf('/') + 1))
  return checkpointsAmong(names).filter((name) => paths.has(checkpointFile(name).join('/')))
}

/** What a record says that is no whole record: its first name, date and dataset. */
async function remains(folder: string): Promise<Pick<DamagedRun, 'name' | 'dataset' | 'createdAt'>> {
  const text = await readFile(path.join(folder, runFiles.record), 'utf8').catch(() => '')
  const valueOf = (key: string) => new RegExp(`"${key}":\\s*"([^"\\\\]+)"`).exec(text)?.[1] ?? null
  const written = valueOf('createdAt')
  const createdAt = written === null || Number.isNaN(Date.parse(written)) ? await lastWriteOf(folder) : written
  return { name: valueOf('name'), dataset: valueOf('dataset'), createdAt }
}

function unknownSettings(paths: readonly string[]): string[] {
  return paths.length === 0 ? [] : [`Settings that this version does not know are left out: ${paths.join(', ')}.`]
}

/** The last line of a run that is being trained may be half written at this very moment. */
function tornLines({ tornLines: torn, endsInLine }: MetricsEnd, isRunning: boolean): string[] {
  const count = isRunning && endsInLine ? torn - 1 : torn
  if (count <= 0) return []
  return [`${runFiles.metrics}: ${count === 1 ? 'a line is' : `${count} lines are`} torn and left out of the curves.`]
}

/** Parts that a run must have that came to an end in good order. */
function missingParts(record: RunRecord, { isThere }: MetricsEnd, files: readonly RunFile[]): string[] {
  const isWhole = record.status === 'finished' || record.status === 'stopped' || record.status === 'paused'
  if (!isWhole) return []
  const sizes = new Map(files.map((file) => [file.path, file.sizeBytes]))
  const has = (file: string) => (sizes.get(file) ?? 0) > 0
  const checkpoints = checkpointsIn(files)
  const problems = isThere ? [] : [`${runFiles.metrics} is missing: there are no curves.`]
  if (checkpoints.length === 0) {
    return [...problems, 'All checkpoints are missing: the model can’t be inspected, evaluated or trained on.']
  }
  const folder = runFiles.checkpoints
  if (!checkpoints.includes('last')) {
    problems.push('The last checkpoint is missing or empty: the run can’t be resumed.')
  } else if (!has(`${folder}/last.optimizer.safetensors`) && !has(`${folder}/next.optimizer.safetensors`)) {
    problems.push('The optimiser’s state is missing or empty: the run can’t be resumed.')
  }
  const hasBest = checkpoints.some((name) => name === 'best' || name === 'best.ema')
  if (record.best !== null && !hasBest) problems.push('The best checkpoint is missing or empty.')
  return problems
}
