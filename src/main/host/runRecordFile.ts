import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { RunRecord } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { parseRunRecord, type ParsedRunRecord } from '@shared/runRecord'
import { writeFileAtomic } from './atomicFile'
import { isMissing } from './jsonFile'
import { isStillAlive } from './processLiveness'

/** `run.json` in a run's folder. */

/** The folder's name is the run's id, also after it was copied. */
export type RecordReading = ParsedRunRecord | 'missing'

export async function readRecordFile(folder: string): Promise<RecordReading> {
  const file = path.join(folder, runFiles.record)
  try {
    const [text, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    const id = path.basename(folder)
    const parsed = parseRunRecord(text, { id, writtenAt: mtime.toISOString() })
    return parsed.ok ? { ...parsed, record: { ...parsed.record, id } } : parsed
  } catch (error) {
    if (isMissing(error)) return 'missing'
    throw error
  }
}

/** @throws VitrineError `not-found` without a record, `unreadable` with a damaged one. */
export async function readRecord(folder: string): Promise<RunRecord> {
  const id = path.basename(folder)
  const reading = await readRecordFile(folder)
  if (reading === 'missing') throw new VitrineError('not-found', `There is no run “${id}”.`)
  if (reading.ok) return reading.record
  throw new VitrineError(
    'unreadable',
    `${runFiles.record} of the run “${id}” ${reading.problem}: restore or remove it.`,
  )
}

export function writeRecord(folder: string, record: RunRecord): Promise<void> {
  return writeFileAtomic(path.join(folder, runFiles.record), `${JSON.stringify(record, null, 2)}\n`)
}

/** Whether the process that the record names is still the one that began, or resumed, the run. */
export function isBeingTrained({ processId, createdAt, resumedAt }: RunRecord): Promise<boolean> {
  return isStillAlive(processId, new Date(resumedAt ?? createdAt))
}

/** The record as it is now: `running` is corrected, on disk too, where its process has gone. */
export async function correctedRecord(folder: string, record: RunRecord): Promise<RunRecord> {
  if (record.status !== 'running' || (await isBeingTrained(record))) return record
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

/** When something was last heard of a run: its metrics, else its record, else the folder itself. */
export async function lastWriteOf(folder: string): Promise<string> {
  for (const name of [runFiles.metrics, runFiles.record, '']) {
    try {
      return (await stat(path.join(folder, name))).mtime.toISOString()
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return new Date().toISOString()
}
