import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import {
  datasetManifestSchema,
  duplicateGroupSchema,
  recordOriginSchema,
  type DatasetManifest,
  type DatasetSummary,
  type DuplicateGroup,
} from '@shared/contract/records'
import type { WindowOutput, WindowRequest } from '@shared/contract/windowRoutes'
import { summariseSizes, type OriginalSizes, type PictureSize } from '@shared/datasets/originalSizes'
import { VitrineError } from '@shared/errors'
import {
  datasetFiles,
  homeFolders,
  preparationFolderName,
  sampleNames,
  sampleFolderName,
  sampleNameOf,
  samplePrefix,
  type SampleName,
} from '@shared/folders'
import { writeFileAtomic } from './atomicFile'
import { openInside } from './fileInside'
import { isMissing } from './jsonFile'
import { parseJson } from '@shared/json'
import { logWarning } from './log'

const channels = 3

const samples: Record<SampleName, { name: string; description: string }> = {
  shapes: {
    name: 'Shapes',
    description:
      '7,000 generated pictures of ten shapes on textured backgrounds, each shape anywhere in its picture. The outline of every shape is known, so attention can be compared with it.',
  },
  digits: {
    name: 'Digits',
    description: '10,000 real handwritten digits from MNIST, 0 to 9.',
  },
}

export interface DatasetStoreOptions {
  home: string
  /** Moves a folder to the system's trash; rejects where there is none. */
  trash(folder: string): Promise<void>
}

/** Raw pixels of one record: `[side, side, 3]` uint8. */
export interface RecordPixels {
  side: number
  pixels: Uint8Array<ArrayBuffer>
}

/** Labels and origins of one dataset, as long as its manifest stays the same. */
interface CachedRecords {
  modifiedMs: number
  labels: number[]
  origins: unknown[]
}

/** The datasets on disk: the samples, made or not, and what was prepared into the home folder. */
export class DatasetStore {
  private readonly preparedFolder: string
  private readonly records = new Map<string, CachedRecords>()

  constructor(private readonly options: DatasetStoreOptions) {
    this.preparedFolder = path.join(options.home, homeFolders.datasets)
  }

  /** Samples first, then prepared datasets by name. */
  async list(): Promise<DatasetSummary[]> {
    const made = await Promise.all(sampleNames.map((name) => this.sampleSummary(name)))
    const prepared = await Promise.all((await this.preparedFolders()).map((folder) => preparedSummary(folder)))
    return [...made, ...prepared.filter((summary) => summary !== null).sort((a, b) => a.name.localeCompare(b.name))]
  }

  /**
   * Folder of a dataset.
   * @throws VitrineError `not-found` for an id that is neither a sample's nor a folder's path.
   */
  folderOf(id: string): string {
    const sample = sampleNameOf(id)
    if (sample !== null) return path.join(this.options.home, homeFolders.samples, sampleFolderName(sample))
    if (path.isAbsolute(id)) return path.normalize(id)
    throw new VitrineError('not-found', `There is no dataset “${id}”: choose one from the list.`, {
      field: 'data.dataset',
    })
  }

  /** The manifest, or null for a sample that has not been made. @throws VitrineError `not-found`, `unreadable`. */
  async manifest(id: string): Promise<DatasetManifest | null> {
    const manifest = await readManifest(this.folderOf(id))
    if (manifest === null && !id.startsWith(samplePrefix)) {
      throw new VitrineError('not-found', `${id} is not a prepared dataset: choose one from the list.`, {
        field: 'data.dataset',
      })
    }
    return manifest
  }

  /** A page of one split; `url` is where the window gets a record's pixels. */
  async page(request: WindowRequest<'datasets.page'>): Promise<WindowOutput<'datasets.page'>> {
    const { dataset, split, classIndex, offset, limit } = request
    const manifest = await this.madeManifest(dataset)
    const records = await this.recordsOf(dataset, manifest)
    const { labels } = records
    const first = split === 'train' ? 0 : manifest.trainCount
    const count = split === 'train' ? manifest.trainCount : manifest.valCount
    const wanted: number[] = []
    for (let index = first; index < first + count; index++) {
      if (classIndex === null || labels[index] === classIndex) wanted.push(index)
    }
    return {
      total: wanted.length,
      side: manifest.imageSize,
      records: wanted.slice(offset, offset + limit).map((index) => shownRecord(dataset, records, index)),
    }
  }

  /** Certain records; an index that the dataset has no record for is left out. */
  async recordsAt(dataset: string, indices: readonly number[]): Promise<WindowOutput<'datasets.records'>> {
    const manifest = await this.madeManifest(dataset)
    const records = await this.recordsOf(dataset, manifest)
    const there = indices.filter((index) => index < records.labels.length)
    return { side: manifest.imageSize, records: there.map((index) => shownRecord(dataset, records, index)) }
  }

  /**
   * A page of the pictures that are there more than once; none where nobody has looked for them.
   * @throws VitrineError `not-found`, `unreadable`.
   */
  async duplicates({
    dataset,
    offset,
    limit,
  }: WindowRequest<'datasets.duplicates'>): Promise<WindowOutput<'datasets.duplicates'>> {
    const { imageSize } = await this.madeManifest(dataset)
    const groups = await readDuplicates(this.folderOf(dataset), dataset)
    return {
      total: groups.length,
      side: imageSize,
      groups: groups.slice(offset, offset + limit).map((group) => ({
        ...group,
        records: group.records.map((record) => ({ ...record, url: recordUrl(dataset, record.index) })),
      })),
    }
  }

  /** @throws VitrineError `not-found`, `unreadable`. */
  async originalSizes(dataset: string): Promise<OriginalSizes> {
    const manifest = await this.madeManifest(dataset)
    const { origins } = await this.recordsOf(dataset, manifest)
    return summariseSizes(knownSizes(origins), manifest.imageSize)
  }

  /**
   * The pixels of one record of a sample or of a dataset in the home folder.
   * @throws VitrineError `not-found` for any other folder and for an index out of range.
   */
  async readRecord(id: string, index: number): Promise<RecordPixels> {
    this.mustBeOurs(id)
    const manifest = await this.madeManifest(id)
    const side = manifest.imageSize
    if (index >= manifest.trainCount + manifest.valCount) {
      throw new VitrineError('not-found', `The dataset has no image ${index}.`)
    }
    const size = side * side * channels
    const pixels = new Uint8Array(size)
    const handle = await openInside(this.folderOf(id), datasetFiles.images)
    try {
      const { bytesRead } = await handle.read(pixels, 0, size, index * size)
      if (bytesRead !== size) throw damaged(id)
    } finally {
      await handle.close()
    }
    return { side, pixels }
  }

  /** Gives a dataset the name that the user chose for it. */
  async rename(id: string, name: string): Promise<DatasetManifest> {
    const manifest = { ...(await this.madeManifest(id)), name }
    await writeFileAtomic(path.join(this.folderOf(id), datasetFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`)
    return manifest
  }

  /**
   * The manifest of a dataset in the home folder that is no sample.
   * @throws VitrineError `not-found` for any other, `unreadable`.
   */
  async prepared(id: string): Promise<DatasetManifest> {
    if (id.startsWith(samplePrefix)) throw new VitrineError('not-found', 'Samples stay as they are made.')
    this.mustBeOurs(id)
    return this.madeManifest(id)
  }

  /** Removes what a killed process left of a dataset that it was making, unless it can be gone on with. */
  async removeUnfinished(id: string): Promise<void> {
    const folder = this.folderOf(id)
    const parent = path.dirname(folder)
    const names = await readdir(parent).catch(() => [])
    const start = `.${path.basename(folder)}.`
    const resumable = preparationFolderName(path.basename(folder))
    const unfinished = names.filter((name) => {
      return name.startsWith(start) && name.endsWith('.partial') && name !== resumable
    })
    await Promise.all(unfinished.map((name) => rm(path.join(parent, name), { recursive: true, force: true })))
  }

  /** Removes a prepared dataset, or the made files of a sample. */
  async remove(id: string): Promise<void> {
    this.mustBeOurs(id)
    const folder = this.folderOf(id)
    this.records.delete(id)
    if (id.startsWith(samplePrefix)) {
      await rm(folder, { recursive: true, force: true })
      return
    }
    await this.options.trash(folder).catch(() => rm(folder, { recursive: true, force: true }))
  }

  /** @throws VitrineError `not-found` for a folder that is neither a sample's nor in the home folder. */
  mustBeOurs(id: string): void {
    const ours = id.startsWith(samplePrefix) || path.dirname(this.folderOf(id)) === path.normalize(this.preparedFolder)
    if (!ours) throw new VitrineError('not-found', `“${id}” is not one of Vitrine's datasets.`)
  }

  private async madeManifest(id: string): Promise<DatasetManifest> {
    const manifest = await this.manifest(id)
    if (manifest === null) throw new VitrineError('not-found', 'This sample has not been made yet: make it first.')
    return manifest
  }

  private async recordsOf(id: string, manifest: DatasetManifest): Promise<CachedRecords> {
    const folder = this.folderOf(id)
    const { mtimeMs } = await stat(path.join(folder, datasetFiles.manifest))
    const cached = this.records.get(id)
    if (cached?.modifiedMs === mtimeMs) return cached
    const [labelText, originText] = await Promise.all([
      readFile(path.join(folder, datasetFiles.labels), 'utf8'),
      readFile(path.join(folder, datasetFiles.origins), 'utf8'),
    ])
    const count = manifest.trainCount + manifest.valCount
    const labels = z.array(z.number()).length(count).safeParse(parseJson(labelText))
    // Origins are checked one by one when they are shown: all of a large dataset would take a while.
    const origins = z.array(z.unknown()).length(count).safeParse(parseJson(originText))
    if (!labels.success || !origins.success) throw damaged(id)
    const read = { modifiedMs: mtimeMs, labels: labels.data, origins: origins.data }
    this.records.set(id, read)
    return read
  }

  private async sampleSummary(sample: SampleName): Promise<DatasetSummary> {
    const id = `${samplePrefix}${sample}`
    const folder = this.folderOf(id)
    const manifest = await readManifest(folder).catch((error: unknown) => {
      logWarning('datasets', `${id}: ${String(error)}`)
      return null
    })
    const sizeBytes = manifest === null ? 0 : await folderBytes(folder)
    return { id, kind: 'sample', ...samples[sample], sizeBytes, manifest }
  }

  private async preparedFolders(): Promise<string[]> {
    try {
      const entries = await readdir(this.preparedFolder, { withFileTypes: true })
      // A name with a dot in front is a dataset in the making.
      const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      return folders.map((entry) => path.join(this.preparedFolder, entry.name))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }
}

function shownRecord(dataset: string, { labels, origins }: CachedRecords, index: number) {
  const record = { index, label: labels[index] ?? 0, url: recordUrl(dataset, index) }
  const origin = recordOriginSchema.safeParse(origins[index])
  if (!origin.success) return { ...record, file: '' }
  const { file, width, height } = origin.data
  return { ...record, file, original: { width, height } }
}

function* knownSizes(origins: readonly unknown[]): Iterable<PictureSize> {
  for (const origin of origins) {
    const parsed = recordOriginSchema.safeParse(origin)
    if (parsed.success) yield parsed.data
  }
}

function recordUrl(dataset: string, index: number): string {
  return `vitrine://app/dataset/${encodeURIComponent(dataset)}/${index}`
}

async function readDuplicates(folder: string, dataset: string): Promise<DuplicateGroup[]> {
  let text: string
  try {
    text = await readFile(path.join(folder, datasetFiles.duplicates), 'utf8')
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
  const parsed = z.array(duplicateGroupSchema).safeParse(parseJson(text))
  if (!parsed.success) throw damaged(dataset)
  return parsed.data
}

async function preparedSummary(folder: string): Promise<DatasetSummary | null> {
  try {
    const manifest = await readManifest(folder)
    if (manifest === null) return null
    const { name, source } = manifest
    return {
      id: folder,
      kind: 'prepared',
      name,
      description: `Prepared from ${source}.`,
      sizeBytes: await folderBytes(folder),
      manifest,
    }
  } catch (error) {
    logWarning('datasets', `${folder}: ${String(error)}`)
    return null
  }
}

/** Null without a manifest. @throws VitrineError `unreadable` with a damaged one. */
async function readManifest(folder: string): Promise<DatasetManifest | null> {
  let text: string
  try {
    text = await readFile(path.join(folder, datasetFiles.manifest), 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  const parsed = datasetManifestSchema.safeParse(parseJson(text))
  if (!parsed.success) throw damaged(folder)
  return parsed.data
}

function damaged(dataset: string): VitrineError {
  return new VitrineError('unreadable', `The dataset “${dataset}” is damaged: remove it and prepare it again.`, {
    field: 'data.dataset',
  })
}

async function folderBytes(folder: string): Promise<number> {
  const sizes = await Promise.all(
    Object.values(datasetFiles).map(async (name) => {
      try {
        return (await stat(path.join(folder, name))).size
      } catch (error) {
        if (isMissing(error)) return 0
        throw error
      }
    }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
