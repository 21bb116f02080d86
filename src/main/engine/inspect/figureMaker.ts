import type { CheckpointRef, ImageRef } from '@shared/contract/records'
import { ProgressReporter } from '@engine/data/progress'
import type { JobContext } from '@engine/job'
import { BoundedCache } from './boundedCache'
import { throwIfCalledOff } from './calledOff'
import { imageKey } from './imageSource'
import type { OpenModels } from './openModels'
import {
  figureBytes,
  imageFigures,
  joinedFigures,
  weightFigures,
  type ImageFigures,
  type TrainingFigures,
} from './trainingFigures'

/** Figures that stay in memory, in bytes: those of a hundred epochs of a large model. */
const keptBytes = 64 * 2 ** 20

/** Measures checkpoints for a comparison over the epochs, and remembers what it has found. */
export class FigureMaker {
  private readonly figures = new BoundedCache<TrainingFigures>(keptBytes)

  constructor(
    private readonly models: OpenModels,
    private readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** @throws VitrineError as opening the checkpoint and the images does, `cancelled` */
  async make(ref: CheckpointRef, images: readonly ImageRef[], context: JobContext): Promise<TrainingFigures> {
    const key = JSON.stringify([await this.models.keyOf(ref), await Promise.all(images.map(imageKey))])
    const known = this.figures.get(key)
    if (known !== undefined) return known
    const progress = new ProgressReporter(context, 'Measuring the model', images.length + 1)
    const figures = await this.inTurn(async () => weightFigures((await this.models.open(ref)).checkpoint))
    progress.advance()
    const ofImages: ImageFigures[] = []
    for (const image of images) {
      throwIfCalledOff(context, 'Measuring the model')
      ofImages.push(
        await this.inTurn(async () => {
          const model = await this.models.open(ref)
          const { maps } = await this.models.pass(model, image)
          return imageFigures(maps, 0, model.checkpoint.sizes)
        }),
      )
      progress.advance()
    }
    const whole = { ...figures, ...joinedFigures(ofImages) }
    this.figures.set(key, whole, figureBytes(whole))
    return whole
  }

  clear(): void {
    this.figures.clear()
  }
}
