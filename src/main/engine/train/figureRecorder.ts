import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageRef } from '@shared/contract/records'
import { failureOf } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { tokenCount } from '@shared/model/size'
import { pinnedIndices } from '@shared/pinnedImages'
import type { PreparedDataset } from '../data/dataset'
import { attentionMapsOf } from '../inspect/attentionMaps'
import { figureFile, writeFigures } from '../inspect/figureFile'
import { readNormalised } from '../inspect/recordPixels'
import { imageFigures, joinedFigures, weightFigures } from '../inspect/trainingFigures'
import { appendLog } from '../runs/runFolder'
import type { Checkpoint } from '../vit/checkpoint'
import { Predictor } from '../vit/predictor'

/** Epochs of a run whose figures are kept at most; a small file each. */
const mostEpochs = 40
/** Attention of the pinned images that may take so much memory beside the training, in bytes. */
const mostAttentionBytes = 256 * 2 ** 20

/** Whether an epoch's figures are kept: the first, the last, and evenly between. */
export function isRecorded(epoch: number, epochs: number): boolean {
  return epoch === 1 || epoch === epochs || epoch % Math.ceil(epochs / mostEpochs) === 0
}

/**
 * Keeps what the model looks like after an epoch: filters, positions, attention distance, and the
 * attention of a few pinned images, the same ones all through the run.
 */
export class FigureRecorder {
  private readonly indices: number[]

  /** @param reference what the configuration calls the dataset */
  constructor(
    private readonly runFolder: string,
    private readonly dataset: PreparedDataset,
    private readonly reference: string,
  ) {
    this.indices = pinnedIndices(dataset.manifest)
  }

  /** A figure that can't be kept is told in the log: the training is worth more. */
  async record(checkpoint: Checkpoint): Promise<void> {
    try {
      const { figures, images } = await this.measure(checkpoint)
      const folder = join(this.runFolder, runFiles.figures)
      await mkdir(folder, { recursive: true })
      await writeFigures(join(folder, figureFile(checkpoint.epoch ?? 0)), figures, images)
    } catch (error) {
      await appendLog(
        this.runFolder,
        `The figures of epoch ${checkpoint.epoch} were not kept: ${failureOf(error).message}`,
      )
    }
  }

  private async measure(checkpoint: Checkpoint) {
    const { sizes } = checkpoint
    const batch = this.indices.length
    const attentionBytes = 4 * batch * sizes.depth * sizes.numHeads * tokenCount(sizes) ** 2
    const alone = { figures: { ...weightFigures(checkpoint), ...joinedFigures([]) }, images: [] }
    if (batch === 0 || attentionBytes > mostAttentionBytes) return alone
    const pixels = await readNormalised(this.dataset, this.indices, checkpoint)
    const predictor = await Predictor.open(checkpoint)
    try {
      const { attention } = await predictor.attend(pixels, batch)
      const maps = attentionMapsOf(checkpoint, attention, batch)
      const ofImages = this.indices.map((_, image) => imageFigures(maps, image, sizes))
      const images = this.indices.map((index): ImageRef => ({ from: 'dataset', dataset: this.reference, index }))
      return { figures: { ...alone.figures, ...joinedFigures(ofImages) }, images }
    } finally {
      predictor.dispose()
    }
  }
}
