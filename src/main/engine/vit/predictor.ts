import { VitrineError } from '@shared/errors'
import { tokenCount } from '@shared/model/size'
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
    const { logits, taps } = await this.collect(pixels, batch, this.attentionNames())
    return { logits, attention: taps }
  }

  /**
   * @param pixels [B, 3, S, S] normalised
   * @returns what `attend` gives, and the tokens [B·N, d] before the first block and after each
   */
  async look(
    pixels: Float32Array,
    batch: number,
  ): Promise<{ logits: Float32Array; attention: Float32Array[]; tokens: Float32Array[] }> {
    const attentionNames = this.attentionNames()
    const blocks = Array.from(attentionNames, (_, layer) => blockName(layer))
    const { logits, taps } = await this.collect(pixels, batch, [...attentionNames, 'tokens', ...blocks])
    const depth = attentionNames.length
    return { logits, attention: taps.slice(0, depth), tokens: taps.slice(depth) }
  }

  /**
   * Gradients of one class's logit at each layer's attention weights.
   * @param pixels [B, 3, S, S] normalised
   * @param classIndices one class for each image
   * @returns one [B, H, N, N] per layer
   */
  async attentionGradients(
    pixels: Float32Array,
    batch: number,
    classIndices: readonly number[],
  ): Promise<Float32Array[]> {
    const { sizes } = this.checkpoint
    const names = this.attentionNames()
    const tokens = tokenCount(sizes)
    const gradients = tf.tidy(() => {
      const chosen = tf.oneHot(tf.tensor1d([...classIndices], 'int32'), sizes.numClasses).toFloat()
      // Images don't mix, so the gradient of the sum over the batch is each image's own.
      const score = (...offsets: Tensor[]) => {
        const tap = (name: string, weights: Tensor) => {
          const offset = offsets[names.indexOf(name)]
          return offset === undefined ? undefined : tf.add(weights, offset)
        }
        const logits = forward(this.input(pixels, batch), sizes, { parameter: this.parameter, tap })
        return tf.sum(tf.mul(logits, chosen))
      }
      return tf.grads(score)(names.map(() => tf.zeros([batch, sizes.numHeads, tokens, tokens])))
    })
    const values: Float32Array[] = []
    for (const gradient of gradients) values.push(await readAndDispose(gradient))
    return values
  }

  /** Logits, and the values of the named taps in the order of the names. */
  private async collect(
    pixels: Float32Array,
    batch: number,
    names: readonly string[],
  ): Promise<{ logits: Float32Array; taps: Float32Array[] }> {
    const { tap, collected } = collectTaps((name) => names.includes(name))
    const kept = tf.tidy(() => {
      const logits = forward(this.input(pixels, batch), this.checkpoint.sizes, { parameter: this.parameter, tap })
      return { logits, ...Object.fromEntries(collected) }
    })
    const logits = await readAndDispose(kept.logits)
    const taps: Float32Array[] = []
    for (const name of names) {
      const tensor = collected.get(name)
      if (tensor === undefined) throw new Error(`the model gave no ${name}`)
      taps.push(await readAndDispose(tensor))
    }
    return { logits, taps }
  }

  private attentionNames(): string[] {
    return Array.from({ length: this.checkpoint.sizes.depth }, (_, layer) => `${blockName(layer)}.attn.weights`)
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
