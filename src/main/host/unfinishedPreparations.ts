import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { preparationHeaderSchema, type PreparationHeader } from '@shared/contract/preparationJournal'
import type { UnfinishedPreparation } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { preparationFiles, preparationFolderName } from '@shared/folders'
import { parseJson } from '@shared/json'

/** What cancelled and killed preparations left below the folder of datasets. */
export class UnfinishedPreparations {
  constructor(private readonly datasetsFolder: string) {}

  /** By the dataset's folder; without leftovers that can't be gone on with. */
  async list(): Promise<UnfinishedPreparation[]> {
    const names = await readdir(this.datasetsFolder).catch(() => [])
    const found = await Promise.all(
      names.sort().map(async (name) => {
        const dataset = /^\.(.+)\.partial$/.exec(name)?.[1]
        return dataset === undefined ? null : this.read(path.join(this.datasetsFolder, dataset))
      }),
    )
    return found.filter((preparation) => preparation !== null)
  }

  /** How it was begun. @throws VitrineError `not-found`. */
  async header(dataset: string): Promise<PreparationHeader> {
    const journal = await this.journal(dataset)
    if (journal === null) throw new VitrineError('not-found', 'There is no unfinished preparation of this dataset.')
    return journal.header
  }

  /** @throws VitrineError `not-found` for a folder that isn't one of Vitrine's datasets. */
  async discard(dataset: string): Promise<void> {
    await rm(this.folderOf(dataset), { recursive: true, force: true })
  }

  private folderOf(dataset: string): string {
    const folder = path.normalize(dataset)
    if (path.dirname(folder) !== path.normalize(this.datasetsFolder)) {
      throw new VitrineError('not-found', `“${dataset}” is not one of Vitrine's datasets.`)
    }
    return path.join(this.datasetsFolder, preparationFolderName(path.basename(folder)))
  }

  private async read(dataset: string): Promise<UnfinishedPreparation | null> {
    const journal = await this.journal(dataset)
    if (journal === null) return null
    const { source, name, imageSize, total } = journal.header
    const sizeBytes = await usedBytes(this.folderOf(dataset))
    return { dataset, source, name, imageSize, total, done: Math.min(total, journal.entries), sizeBytes }
  }

  private async journal(dataset: string): Promise<{ header: PreparationHeader; entries: number } | null> {
    const text = await readFile(path.join(this.folderOf(dataset), preparationFiles.journal), 'utf8').catch(() => '')
    const [first = '', ...lines] = text.split('\n')
    const header = preparationHeaderSchema.safeParse(parseJson(first))
    return header.success ? { header: header.data, entries: lines.filter((line) => line !== '').length } : null
  }
}

/** Bytes on the disk: the file of records has holes where none was written yet. */
async function usedBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(path.join(folder, name)).catch(() => null)
      return Math.min(stats?.size ?? 0, (stats?.blocks ?? 0) * 512)
    }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
