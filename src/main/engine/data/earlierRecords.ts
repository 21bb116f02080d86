import { VitrineError } from '@shared/errors'
import type { RecordOrigin } from '@shared/contract/records'
import { PreparedDataset } from './dataset'

export interface EarlierSettings {
  source: string
  imageSize: number
  background: string
}

/** The records of a dataset that was prepared from the same source before, for files that are unchanged. */
export class EarlierRecords {
  private constructor(
    private readonly dataset: PreparedDataset | null,
    private readonly byFile: ReadonlyMap<string, { index: number; origin: RecordOrigin }>,
  ) {}

  /** Without any record when the folder holds no dataset, or one from another source or with other settings. */
  static async open(folder: string, { source, imageSize, background }: EarlierSettings): Promise<EarlierRecords> {
    const dataset = await openOrNull(folder)
    const { manifest } = dataset ?? {}
    const same =
      manifest?.source === source && manifest.imageSize === imageSize && manifest.preparation?.background === background
    if (dataset === null || !same) {
      await dataset?.close()
      return new EarlierRecords(null, new Map())
    }
    const origins = await dataset.readOrigins()
    return new EarlierRecords(dataset, new Map(origins.map((origin, index) => [origin.file, { index, origin }])))
  }

  /** The name that the user may have given to the dataset. */
  get name(): string | null {
    return this.dataset?.manifest.name ?? null
  }

  /** Null for a file that is new or has changed. */
  async find(file: string, stamp: string): Promise<{ pixels: Uint8Array; origin: RecordOrigin } | null> {
    const found = this.byFile.get(file)
    if (this.dataset === null || found?.origin.stamp !== stamp) return null
    return { pixels: await this.dataset.readRecord(found.index), origin: found.origin }
  }

  async close(): Promise<void> {
    await this.dataset?.close()
  }
}

async function openOrNull(folder: string): Promise<PreparedDataset | null> {
  try {
    return await PreparedDataset.open(folder)
  } catch (error) {
    if (error instanceof VitrineError) return null
    throw error
  }
}
