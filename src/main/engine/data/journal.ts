import { open, readFile, type FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { recordOriginSchema } from '@shared/contract/records'
import { preparationHeaderSchema, type PreparationHeader } from '@shared/contract/preparationJournal'
import { parseJson } from '@shared/json'

/** An image that was made into the record at its position in the plan, or why it can't be. */
const entrySchema = z.object({
  position: z.int().min(0),
  stamp: z.string(),
  origin: recordOriginSchema.required({ digest: true }).nullable(),
  reason: z.string().nullable(),
})
export type JournalEntry = z.infer<typeof entrySchema>

/** Lines that are written together: a killed process loses no more than these. */
const linesTogether = 32
const arranging = { arranging: true } as const

/**
 * What a preparation has done, line by line, so that another can go on. A line may be there without
 * its record when the machine lost power, so records are checked by their digest.
 */
export class Journal {
  private lines: string[] = []
  private writing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly file: FileHandle,
    /** What an earlier process did, by position. */
    readonly done: ReadonlyMap<number, JournalEntry>,
  ) {}

  /** What was done under the same header; null when there is nothing to go on with. */
  static async read(path: string, header: PreparationHeader): Promise<Map<number, JournalEntry> | null> {
    const [first, ...lines] = (await readFile(path, 'utf8').catch(() => '')).split('\n')
    const written = preparationHeaderSchema.safeParse(parseJson(first ?? ''))
    if (!written.success || written.data.plan !== header.plan) return null
    const done = new Map<number, JournalEntry>()
    for (const line of lines) {
      const value = parseJson(line)
      // Records that were being put in order are no longer where the journal says.
      if (typeof value === 'object' && value !== null && 'arranging' in value) return null
      const entry = entrySchema.safeParse(value)
      if (entry.success) done.set(entry.data.position, entry.data)
    }
    return done
  }

  static async resume(path: string, done: ReadonlyMap<number, JournalEntry>): Promise<Journal> {
    const file = await open(path, 'a')
    // The last line may have been cut off.
    await file.appendFile('\n')
    return new Journal(file, done)
  }

  static async begin(path: string, header: PreparationHeader): Promise<Journal> {
    const file = await open(path, 'w')
    await file.appendFile(`${JSON.stringify(header)}\n`)
    return new Journal(file, new Map())
  }

  /** Notes a finished image; its record must have been written. */
  async add(entry: JournalEntry): Promise<void> {
    this.lines.push(JSON.stringify(entry))
    if (this.lines.length >= linesTogether) await this.flush()
  }

  /** From now on the records are moved, and an interrupted preparation starts anew. */
  async noteArranging(): Promise<void> {
    this.lines.push(JSON.stringify(arranging))
    await this.flush()
    await this.file.sync()
  }

  async flush(): Promise<void> {
    const text = this.lines.map((line) => `${line}\n`).join('')
    this.lines = []
    if (text !== '') this.writing = this.writing.then(() => this.file.appendFile(text))
    await this.writing
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.file.close()
    }
  }
}
