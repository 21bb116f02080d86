import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { webAddressSchema, type DownloadState } from '@shared/contract/records'
import type { Settings } from '@shared/contract/settings'
import {
  archiveAddress,
  publishedAddress,
  publishedDatasets,
  type Checksum,
  type PublishedDataset,
} from '@shared/datasets/catalogue'
import { VitrineError } from '@shared/errors'
import { partOf } from '@shared/folders'

/** What the engine needs to know to fetch one. */
export interface Download {
  name: string
  address: string
  archive: string
  checksum: Checksum
  aboutBytes: number
  images: number
}

/** The archives of the catalogue: where they come from and what there is of them. */
export class Downloads {
  constructor(
    private readonly folder: string,
    private readonly settings: { get(): Settings },
  ) {}

  /** Folder on the web: `VITRINE_DOWNLOAD_ADDRESS`, the setting, or the publisher's own. */
  address(): string {
    const fromEnvironment = webAddressSchema.safeParse(process.env['VITRINE_DOWNLOAD_ADDRESS'])
    if (fromEnvironment.success) return fromEnvironment.data
    return this.settings.get().downloadAddress ?? publishedAddress
  }

  /** In the catalogue's order. */
  list(): Promise<DownloadState[]> {
    return Promise.all(
      publishedDatasets.map(async (dataset) => {
        const archive = this.archiveOf(dataset)
        const wholeBytes = await sizeOf(archive)
        return { id: dataset.id, haveBytes: wholeBytes || (await sizeOf(partOf(archive))), isWhole: wholeBytes > 0 }
      }),
    )
  }

  /** @throws VitrineError `not-found` for an id that is not in the catalogue. */
  find(id: string): Download {
    const dataset = this.published(id)
    const { name, fileName, checksum, aboutBytes, images } = dataset
    const archive = this.archiveOf(dataset)
    return { name, address: archiveAddress(this.address(), fileName), archive, checksum, aboutBytes, images }
  }

  /** Removes an archive or the part of it. @throws VitrineError `not-found`. */
  async remove(id: string): Promise<void> {
    const archive = this.archiveOf(this.published(id))
    for (const file of [archive, partOf(archive), `${partOf(archive)}.json`]) await rm(file, { force: true })
  }

  private published(id: string): PublishedDataset {
    const dataset = publishedDatasets.find((candidate) => candidate.id === id)
    if (dataset === undefined) throw new VitrineError('not-found', `There is no dataset “${id}” to download.`)
    return dataset
  }

  private archiveOf({ fileName }: PublishedDataset): string {
    return path.join(this.folder, fileName)
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}
