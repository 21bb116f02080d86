import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { parseJson } from '@shared/json'
import { writeFileAtomic } from './atomicFile'
import { isMissing } from './jsonFile'
import { logWarning } from './log'

const keptFiles = 10
const recentSchema = z.array(z.string())

/** The files and folders that were opened last, in `recent.json` of the user-data folder; the newest first. */
export class RecentFiles {
  private constructor(
    private readonly file: string,
    private paths: readonly string[],
    private readonly onChange: (paths: readonly string[]) => void,
  ) {}

  /** A damaged list is an empty one. */
  static async open(userDataFolder: string, onChange: (paths: readonly string[]) => void): Promise<RecentFiles> {
    const file = path.join(userDataFolder, 'recent.json')
    const paths = await readFile(file, 'utf8').then(
      (text) => recentSchema.safeParse(parseJson(text)).data ?? [],
      (error: unknown) => {
        if (!isMissing(error)) logWarning('recent files', String(error))
        return []
      },
    )
    return new RecentFiles(file, paths.slice(0, keptFiles), onChange)
  }

  list(): readonly string[] {
    return this.paths
  }

  async add(opened: string): Promise<void> {
    await this.keep([opened, ...this.paths.filter((known) => known !== opened)].slice(0, keptFiles))
  }

  async clear(): Promise<void> {
    await this.keep([])
  }

  private async keep(paths: readonly string[]): Promise<void> {
    this.paths = paths
    this.onChange(paths)
    await writeFileAtomic(this.file, `${JSON.stringify(paths, null, 2)}\n`)
  }
}
