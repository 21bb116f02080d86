import { appendFile, mkdir, open, readFile, readdir, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { MetricLine, RunRecord } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { parseMetricLines } from '@shared/metricsFile'
import { parseRunRecord } from '@shared/runRecord'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { takeRunLock, type RunLock } from './runLock'

/** The folder that is the only truth about a run; names of its files are in `@shared/folders`. */

/**
 * Makes the folder of a new run, with its folder for checkpoints, and takes its lock.
 *
 * @throws VitrineError `invalid-input` when there is already something at `path`, `unavailable` when
 * another process is just making the same.
 */
export async function createRunFolder(path: string): Promise<RunLock> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    if (isSystemError(error, 'EEXIST') || isSystemError(error, 'ENOTDIR')) {
      throw new VitrineError('invalid-input', `${path} is a file: choose a folder for the run.`, { cause: error })
    }
    throw error
  }
  await checkEmpty(path)
  const lock = await takeRunLock(path)
  try {
    // Another process may have filled it since, and gone.
    await checkEmpty(path)
    await mkdir(join(path, runFiles.checkpoints))
    return lock
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** A lock that was left behind by a crash is nothing. */
async function checkEmpty(path: string): Promise<void> {
  if ((await readdir(path)).every((name) => name.startsWith(runFiles.lock))) return
  throw new VitrineError('invalid-input', `The folder ${path} is not empty: choose a new folder for the run.`)
}

/** Writes `run.json` atomically. */
export function writeRunRecord(folder: string, record: RunRecord): Promise<void> {
  return writeFileAtomic(join(folder, runFiles.record), `${JSON.stringify(record, null, 2)}\n`)
}

/**
 * Reads `run.json`.
 *
 * @throws VitrineError `not-found` when the folder is no run folder, `unreadable` when the record is damaged.
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const text = await readText(join(folder, runFiles.record))
  if (text === null) {
    throw new VitrineError(
      'not-found',
      `${folder} holds no run, because it has no ${runFiles.record}: choose a run folder.`,
    )
  }
  const parsed = parseRunRecord(text, { id: basename(folder), writtenAt: new Date().toISOString() })
  if (parsed.ok) return parsed.record
  throw new VitrineError(
    'unreadable',
    `The run ${basename(folder)} can't be opened, because its ${runFiles.record} is damaged (it ${parsed.problem}): restore the file or remove the run.`,
  )
}

/** All whole lines of `metrics.jsonl`; none when there is no such file yet. */
export async function readMetrics(folder: string): Promise<MetricLine[]> {
  return parseMetricLines((await readText(join(folder, runFiles.metrics))) ?? '')
}

/** Adds a line with the time to `log.txt`. */
export function appendLog(folder: string, line: string): Promise<void> {
  return appendFile(join(folder, runFiles.log), `${new Date().toISOString()} ${line}\n`)
}

/**
 * Adds lines to `metrics.jsonl`. What was written is in the system's hands at once, so a killed
 * process loses nothing; each epoch's line is also forced to the disk.
 */
export class MetricsWriter {
  private constructor(private readonly file: FileHandle) {}

  /** Opens the file to go on at its end; a line that a crash tore is closed, and readers skip it. */
  static async open(folder: string): Promise<MetricsWriter> {
    const file = await open(join(folder, runFiles.metrics), 'a+')
    try {
      const { size } = await file.stat()
      if (size > 0) {
        const last = Buffer.alloc(1)
        await file.read(last, 0, 1, size - 1)
        if (last.toString() !== '\n') await file.appendFile('\n')
      }
    } catch (error) {
      await file.close()
      throw error
    }
    return new MetricsWriter(file)
  }

  async write(lines: readonly MetricLine[]): Promise<void> {
    if (lines.length === 0) return
    await this.file.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    if (lines.some((line) => line.type !== 'step')) await this.file.sync()
  }

  /** Forces what was written to the disk. */
  sync(): Promise<void> {
    return this.file.sync()
  }

  async close(): Promise<void> {
    await this.file.sync()
    await this.file.close()
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return null
    throw error
  }
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
