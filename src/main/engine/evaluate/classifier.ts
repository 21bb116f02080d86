import { trainSchema, type TrainConfig } from '@shared/config/trainConfig'
import { dtypes } from '../backend/tensorflow'
import { compileProgram, type SignatureSpec } from '../graph/program'
import type { GraphSession } from '../graph/session'
import { classifyBatch } from '../train/step'
import { stepSettings, type StepSettings } from '../train/stepSettings'
import { floatsOf } from '../train/trainer'
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
const signature = 'classify'

function classifySignature(settings: StepSettings): SignatureSpec {
  const { batchSize, recordSide } = settings
  return {
    inputs: {
      images: { dtype: dtypes.uint8, shape: [batchSize, recordSide, recordSide, 3] },
      boxes: { dtype: dtypes.float32, shape: [batchSize, 4] },
    },
    build: (builder, input) =>
      classifyBatch((name) => builder.read(name), { images: input('images'), boxes: input('boxes') }, settings),
  }
}

export interface Classified {
  /** [batchSize, classes] row by row */
  logits: Float32Array
  /** What the head sees: [batchSize, width] row by row, width that of the model or twice as much. */
  representation: Float32Array
}

/** A checkpoint's forward pass as one TensorFlow graph, from records to logits. */
export class CompiledClassifier {
  private constructor(private readonly session: GraphSession) {}

  static async create(checkpoint: Checkpoint, options: ClassifierOptions): Promise<CompiledClassifier> {
    const { batchSize, recordSide, precision } = options
    const { sizes, normalize, weights } = checkpoint
    const settings = stepSettings(trainSchema.parse({ batchSize }), { sizes, recordSide, normalize, classCounts: [] })
    const session = await compileProgram({
      variables: parameterSpecs(sizes).map(({ name, shape }) => ({ name, shape, group })),
      signatures: { [signature]: classifySignature(settings) },
      precision,
    })
    session.run(`assign:${group}`, Object.fromEntries([...weights].map(([name, { data }]) => [name, data])))
    return new CompiledClassifier(session)
  }

  /**
   * @param images [batchSize, side, side, 3]
   * @param boxes [batchSize, 4], see `CropBox`
   */
  classify(images: Uint8Array, boxes: Float32Array): Classified {
    const values = this.session.run(signature, { images, boxes })
    return { logits: floatsOf(values, 'logits'), representation: floatsOf(values, 'representation') }
  }

  dispose(): void {
    this.session.dispose()
  }
}
