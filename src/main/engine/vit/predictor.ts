import { VitrineError } from '@shared/errors'
import { tf, type Tensor } from '../backend/tensorflow'
import type { Checkpoint } from './checkpoint'
import { blockName, parameterSpecs } from './parameters'
import { collectTaps } from './taps'
import { forward } from './vit'

/** A model with its weights on the device, for looking at images one or a few at a time. */
export class Predictor {
  private constructor(
    readonly checkpoint: Checkpoint,
    private readonly parameters: ReadonlyMap<string, Tensor>,
  ) {}

  static open(checkpoint: Checkpoint): Promise<Predictor> {
    const parameters = new Map(
      parameterSpecs(checkpoint.sizes).map(({ name, shape }): [string, Tensor] => {
        const weight = checkpoint.weights.get(name)
        if (weight === undefined) throw new VitrineError('invalid-input', `The checkpoint lacks the tensor "${name}".`)
        return [name, tf.keep(tf.tensor(weight.data, [...shape], 'float32'))]
      }),
    )
    return Promise.resolve(new Predictor(checkpoint, parameters))
  }

  /**
   * @param pixels [B, 3, S, S] normalised
   * @returns logits [B, classes]
   */
  async predict(pixels: Float32Array, batch: number): Promise<Float32Array> {
    const logits = tf.tidy(() =>
      forward(this.input(pixels, batch), this.checkpoint.sizes, { parameter: this.parameter }),
    )
    return readAndDispose(logits)
  }

  /**
   * @param pixels [B, 3, S, S] normalised
   * @returns logits [B, classes], and each layer's attention after softmax [B, H, N, N]
   */
  async attend(pixels: Float32Array, batch: number): Promise<{ logits: Float32Array; attention: Float32Array[] }> {
    const { sizes } = this.checkpoint
    const { tap, collected } = collectTaps((name) => name.endsWith('.attn.weights'))
    const kept = tf.tidy(() => {
      const logits = forward(this.input(pixels, batch), sizes, { parameter: this.parameter, tap })
      return { logits, ...Object.fromEntries(collected) }
    })
    const logits = await readAndDispose(kept.logits)
    const attention: Float32Array[] = []
    for (let layer = 0; layer < sizes.depth; layer++) {
      const weights = collected.get(`${blockName(layer)}.attn.weights`)
      if (weights === undefined) throw new Error(`no attention came from layer ${layer}`)
      attention.push(await readAndDispose(weights))
    }
    return { logits, attention }
  }

  dispose() {
    for (const tensor of this.parameters.values()) tensor.dispose()
  }

  private readonly parameter = (name: string): Tensor => {
    const tensor = this.parameters.get(name)
    if (tensor === undefined) throw new Error(`the model has no parameter ${name}`)
    return tensor
  }

  /** [B, C, S, S] as given → [B, S, S, C] as the model takes it. */
  private input(pixels: Float32Array, batch: number): Tensor {
    const { imageSize, channels } = this.checkpoint.sizes
    const expected = batch * channels * imageSize * imageSize
    if (pixels.length !== expected) {
      throw new VitrineError(
        'invalid-input',
        `The model takes images of [${channels}, ${imageSize}, ${imageSize}] values, and these have another size.`,
      )
    }
    return tf.transpose(tf.tensor(pixels, [batch, channels, imageSize, imageSize], 'float32'), [0, 2, 3, 1])
  }
}

async function readAndDispose(tensor: Tensor): Promise<Float32Array> {
  const values = await tensor.data()
  tensor.dispose()
  return values instanceof Float32Array ? values : Float32Array.from(values)
}
