import { trainSchema, type TrainConfig } from '@shared/config/trainConfig'
import { compileProgram } from '../graph/program'
import type { GraphSession } from '../graph/session'
import { stepSettings } from '../train/stepSettings'
import { countedMask, floatsOf } from '../train/trainer'
import { evaluateSignature } from '../train/trainingProgram'
import type { Checkpoint } from '../vit/checkpoint'
import { parameterSpecs } from '../vit/parameters'

export type Precision = TrainConfig['precision']

interface ClassifierOptions {
  batchSize: number
  /** Side of the dataset's records, in pixels. */
  recordSide: number
  precision: Precision
}

const group = 'weights'
const signature = 'evaluate'

/** A checkpoint's forward pass as one TensorFlow graph, from records to logits. */
export class CompiledClassifier {
  private constructor(
    private readonly session: GraphSession,
    private readonly batchSize: number,
  ) {}

  static async create(checkpoint: Checkpoint, options: ClassifierOptions): Promise<CompiledClassifier> {
    const { batchSize, recordSide, precision } = options
    const { sizes, normalize, weights } = checkpoint
    const settings = stepSettings(trainSchema.parse({ batchSize }), { sizes, recordSide, normalize, classCounts: [] })
    const session = await compileProgram({
      variables: parameterSpecs(sizes).map(({ name, shape }) => ({ name, shape, group })),
      signatures: { [signature]: evaluateSignature(settings, (name) => name) },
      precision,
    })
    session.run(`assign:${group}`, Object.fromEntries([...weights].map(([name, { data }]) => [name, data])))
    return new CompiledClassifier(session, batchSize)
  }

  /**
   * @param images [batchSize, side, side, 3]
   * @param boxes [batchSize, 4], see `CropBox`
   * @returns [batchSize, classes] row by row
   */
  logits(images: Uint8Array, boxes: Float32Array): Float32Array {
    const { batchSize } = this
    const labels = new Int32Array(batchSize)
    const counted = countedMask(batchSize, batchSize)
    return floatsOf(this.session.run(signature, { images, boxes, labels, counted }), 'logits')
  }

  dispose(): void {
    this.session.dispose()
  }
}
