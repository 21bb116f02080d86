import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import {
  correctionsFileSchema,
  type Correction,
  type CorrectionChange,
  type CorrectionsFile,
} from '@shared/contract/corrections'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { VitrineError } from '@shared/errors'
import { datasetFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { writeFileAtomic } from './atomicFile'
import type { DatasetStore } from './datasetStore'
import { isMissing } from './jsonFile'

type CorrectionList = WindowOutput<'corrections.list'>

/** What a person has corrected about records: a file beside them, which engines read when they open the dataset. */
export class CorrectionStore {
  /** Two changes at once must not overwrite one another. */
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly datasets: DatasetStore) {}

  /** @throws VitrineError `not-found`, `unreadable` */
  async list(dataset: string): Promise<CorrectionList> {
    return this.shown(dataset, await this.read(dataset))
  }

  /**
   * Corrects records, or puts them back. A label that is the prepared one is no correction.
   * @throws VitrineError `not-found`, `unreadable`, or `invalid-input` for a class that the dataset hasn't
   */
  change(dataset: string, changes: readonly CorrectionChange[]): Promise<CorrectionList> {
    const work = async () => {
      // Whatever else can be looked at, this writes.
      this.datasets.mustBeOurs(dataset)
      const kept = await this.changed(dataset, changes)
      await this.write(dataset, kept)
      return this.shown(dataset, kept)
    }
    const turn = this.last.then(work, work)
    this.last = turn.catch(() => undefined)
    return turn
  }

  private async changed(dataset: string, changes: readonly CorrectionChange[]): Promise<Correction[]> {
    const classes = (await this.datasets.manifest(dataset))?.classes ?? []
    const { records } = await this.datasets.recordsAt(
      dataset,
      changes.map(({ index }) => index),
    )
    const byIndex = new Map((await this.read(dataset)).map((correction) => [correction.index, correction]))
    const prepared = new Map(records.map((record) => [record.index, record]))
    for (const { index, to } of changes) {
      const record = prepared.get(index)
      if (record === undefined) throw new VitrineError('not-found', `The dataset has no image ${index}.`)
      if (typeof to === 'number' && to >= classes.length) {
        throw new VitrineError('invalid-input', `The dataset has ${classes.length} classes: choose one of them.`)
      }
      const { file, label: was } = record
      if (to === 'original' || to === was) byIndex.delete(index)
      else byIndex.set(index, { index, file, was, label: to === 'left-out' ? null : to })
    }
    return [...byIndex.values()].sort((a, b) => a.index - b.index)
  }

  private fileOf(dataset: string): string {
    return path.join(this.datasets.folderOf(dataset), datasetFiles.corrections)
  }

  private async read(dataset: string): Promise<Correction[]> {
    let text: string
    try {
      text = await readFile(this.fileOf(dataset), 'utf8')
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
    const parsed = correctionsFileSchema.safeParse(parseJson(text))
    if (parsed.success) return parsed.data.corrections
    throw new VitrineError(
      'unreadable',
      `The dataset's corrections can't be read: restore ${datasetFiles.corrections} in its folder, or remove that file.`,
    )
  }

  private async write(dataset: string, corrections: Correction[]): Promise<void> {
    if (corrections.length === 0) {
      await rm(this.fileOf(dataset), { force: true })
      return
    }
    const whole: CorrectionsFile = { format: 1, corrections }
    await writeFileAtomic(this.fileOf(dataset), `${JSON.stringify(whole)}\n`)
  }

  private async shown(dataset: string, corrections: readonly Correction[]): Promise<CorrectionList> {
    const { side, records } = await this.datasets.recordsAt(
      dataset,
      corrections.map(({ index }) => index),
    )
    const urls = new Map(records.map(({ index, url }) => [index, url]))
    return { side, corrections: corrections.map((one) => ({ ...one, url: urls.get(one.index) ?? '' })) }
  }
}
