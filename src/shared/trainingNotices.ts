import { z } from 'zod'
import { parseJson } from './json'
import { isOwnerAlive, ownerOf, processOwnerSchema, type ProcessTable } from './processes'

/**
 * Who trains on this machine: every process that does leaves a file in a folder of the home, so that
 * windows and terminals know of each other. It excludes nobody.
 */
export const trainingNoticeSchema = z.object({
  owner: processOwnerSchema,
  /** What the run is called. */
  title: z.string(),
  by: z.enum(['terminal', 'window']),
})
export type TrainingNotice = z.infer<typeof trainingNoticeSchema>

/** The files of the notices' folder. */
export interface NoticeFiles {
  /** Names in the folder; none where there is no folder. */
  list(): Promise<string[]>
  /** Rejects for a file that has gone. */
  read(name: string): Promise<string>
  write(name: string, text: string): Promise<void>
  /** Also of a file that has gone already. */
  remove(name: string): Promise<void>
}

export class TrainingNotices {
  private readonly ownFile: string

  constructor(
    private readonly files: NoticeFiles,
    private readonly table: ProcessTable,
    private readonly processId: number,
  ) {
    this.ownFile = `${processId}.json`
  }

  /** Says that this process trains; a later notice takes the place of an earlier one. */
  async put(title: string, by: TrainingNotice['by']): Promise<void> {
    const notice: TrainingNotice = { owner: await ownerOf(this.table, this.processId), title, by }
    await this.files.write(this.ownFile, `${JSON.stringify(notice)}\n`)
  }

  /** Says that this process has ended its training. */
  take(): Promise<void> {
    return this.files.remove(this.ownFile)
  }

  /** Who else trains. Notices of processes that were killed are removed. */
  async others(): Promise<TrainingNotice[]> {
    const names = (await this.files.list()).filter((name) => /^\d+\.json$/.test(name) && name !== this.ownFile)
    const notices = await Promise.all(names.map((name) => this.readLive(name)))
    return notices.filter((notice) => notice !== null)
  }

  private async readLive(name: string): Promise<TrainingNotice | null> {
    const text = await this.files.read(name).catch(() => null)
    if (text === null) return null
    const notice = trainingNoticeSchema.safeParse(parseJson(text))
    if (notice.success && (await isOwnerAlive(this.table, notice.data.owner))) return notice.data
    await this.files.remove(name)
    return null
  }
}
