import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { damagedRunSchema, listedRunSchema } from '@shared/contract/runRecords'
import { evaluationsFolder } from '@shared/evaluationFolder'
import { runFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { writeFileAtomic } from './atomicFile'
import { isMissing } from './jsonFile'
import type { FolderReading } from './runFolderReading'

/** What a run's folder held when it had a certain stamp; null for a folder that is no run. */
export interface IndexEntry {
  stamp: string
  reading: FolderReading | null
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Another one for every version in which runs are listed with other fields. */
function layoutOfToday(): string {
  const layout = z.union([listedRunSchema, damagedRunSchema])
  return digestOf(JSON.stringify(z.toJSONSchema(layout, { unrepresentable: 'any' })))
}

const headerSchema = z.object({ layout: z.string(), digest: z.string() })

/** The digest tells that this was written here, from folders that had been checked, and is whole. */
const entriesSchema = z.record(
  z.string(),
  z.custom<IndexEntry>((value) => typeof value === 'object' && value !== null && 'stamp' in value),
)

/**
 * A file that makes listing quick: what was read of each run's folder, beside a stamp of the folder. It
 * holds nothing that the folders don't, so one that is lost, damaged or of another version is made anew.
 * Its first line has the digest of the second, which holds the entries: comparing that takes a hundredth of
 * the time of checking a thousand runs.
 */
export class RunIndex {
  private known: Map<string, IndexEntry> | null = null
  private readonly layout = layoutOfToday()

  constructor(private readonly file: string) {}

  /** By the folders' names. */
  async entries(): Promise<ReadonlyMap<string, IndexEntry>> {
    this.known ??= await this.read()
    return this.known
  }

  /**
   * Keeps the entries; the file is only written when one of them is new. Runs that are being trained are
   * left out: they change all the time, and whether they go on is not to be seen from their folders.
   */
  async replace(entries: ReadonlyMap<string, IndexEntry>): Promise<void> {
    const before = this.known
    const kept = new Map([...entries].filter(([, { reading }]) => !isRunning(reading)))
    this.known = kept
    const isSame =
      before?.size === kept.size && [...kept].every(([name, { stamp }]) => before.get(name)?.stamp === stamp)
    if (isSame) return
    const text = JSON.stringify(Object.fromEntries(kept))
    await writeFileAtomic(this.file, `${JSON.stringify({ layout: this.layout, digest: digestOf(text) })}\n${text}`)
  }

  private async read(): Promise<Map<string, IndexEntry>> {
    let content: string
    try {
      content = await readFile(this.file, 'utf8')
    } catch (error) {
      if (isMissing(error)) return new Map()
      throw error
    }
    const end = content.indexOf('\n')
    const header = headerSchema.safeParse(parseJson(content.slice(0, Math.max(0, end))))
    const text = content.slice(end + 1)
    if (!header.success || header.data.layout !== this.layout || header.data.digest !== digestOf(text)) return new Map()
    const parsed = entriesSchema.safeParse(parseJson(text))
    return new Map(parsed.success ? Object.entries(parsed.data) : [])
  }
}

function isRunning(reading: FolderReading | null): boolean {
  return reading?.kind === 'run' && reading.run.record.status === 'running'
}

/**
 * The folder itself changes with whatever is made, renamed or removed in it, notes and a new record among
 * them; a file changes with what is written to it.
 */
const stamped = ['', runFiles.record, runFiles.metrics, runFiles.checkpoints, runFiles.snapshots, evaluationsFolder]

/**
 * Another one as soon as anything that is listed of a run may have changed. Thousands of questions about
 * files are answered many times sooner one by one than each through a promise; between two folders other
 * work gets its turn.
 */
export async function stampOf(folder: string): Promise<string> {
  await setImmediate()
  return stamped
    .map((name) => {
      const stats = statSync(path.join(folder, name), { throwIfNoEntry: false })
      return stats === undefined ? '-' : `${stats.mtimeMs}:${stats.size}`
    })
    .join(' ')
}
