import type { Weight, Weights } from '../parameters'
import { joinQueriesKeysValues, type Layout } from './layout'

const root = '(?:opt/target/|params/img/|params/)?'
const block = `${root}Transformer/encoderblock_(\\d+)`
const attention = `${block}/MultiHeadDotProductAttention_[01]`
const perceptron = `${block}/MlpBlock_[03]`

function rule(pattern: string, target: string): readonly [RegExp, string] {
  return [new RegExp(`^${pattern}$`), target]
}

function parameterRules(pattern: string, target: string): (readonly [RegExp, string])[] {
  return [rule(`${pattern}/(?:kernel|scale)`, `${target}.weight`), rule(`${pattern}/bias`, `${target}.bias`)]
}

/**
 * Google's archives (google-research/vision_transformer and big_vision, Flax). A Flax kernel is
 * [in, out]; those of the attention have their heads as an axis of their own.
 */
export const googleLayout: Layout = {
  name: 'google',
  recognises: (names) => [...names].some((name) => name.endsWith('Transformer/encoder_norm/scale')),
  rules: [
    rule(`${root}cls`, 'cls_token'),
    rule(`${root}(?:Transformer/posembed_input/)?pos_embedding`, 'pos_embed'),
    ...parameterRules(`${root}embedding`, 'patch_embed.proj'),
    ...parameterRules(`${block}/LayerNorm_0`, 'blocks.$1.norm1'),
    ...parameterRules(`${block}/LayerNorm_[12]`, 'blocks.$1.norm2'),
    ...parameterRules(`${attention}/query`, 'blocks.$1.attn.q'),
    ...parameterRules(`${attention}/key`, 'blocks.$1.attn.k'),
    ...parameterRules(`${attention}/value`, 'blocks.$1.attn.v'),
    ...parameterRules(`${attention}/out`, 'blocks.$1.attn.proj'),
    ...parameterRules(`${perceptron}/Dense_0`, 'blocks.$1.mlp.fc1'),
    ...parameterRules(`${perceptron}/Dense_1`, 'blocks.$1.mlp.fc2'),
    ...parameterRules(`${root}Transformer/encoder_norm`, 'norm'),
    ...parameterRules(`${root}pre_logits`, 'pre_logits.fc'),
    ...parameterRules(`${root}head`, 'head'),
  ],
  // The number of the training step, and the optimizer's.
  unused: [/^(?:opt\/)?(?:state\/)?step$/],
  arrange: (weights) => {
    return joinQueriesKeysValues(new Map([...weights].map(([name, weight]) => [name, fromFlax(name, weight)])))
  },
}

/** Number of heads, which Flax's kernels show; undefined in any other layout. */
export function headsOfFlax(tensors: Weights): number | undefined {
  for (const [name, { shape }] of tensors) {
    if (/encoderblock_0\/MultiHeadDotProductAttention_[01]\/query\/kernel$/.test(name)) return shape[1]
  }
  return undefined
}

function fromFlax(name: string, weight: Weight): Weight {
  if (name === 'patch_embed.proj.weight') return filtersFromFlax(weight)
  const width = weight.shape.at(-1) ?? 0
  if (/\.attn\.[qkv]\.bias$/.test(name)) return { shape: [weight.data.length], data: weight.data }
  if (/\.attn\.[qkv]\.weight$/.test(name)) return transposed(weight.data, weight.shape[0] ?? 0)
  if (/\.attn\.proj\.weight$/.test(name)) return transposed(weight.data, width === 0 ? 0 : weight.data.length / width)
  const matrix = name.endsWith('.weight') && weight.shape.length === 2
  return matrix ? transposed(weight.data, weight.shape[0] ?? 0) : weight
}

/** [rows, columns] → [columns, rows] */
function transposed(data: Float32Array, rows: number): Weight {
  const columns = rows === 0 ? 0 : data.length / rows
  const turned = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column] ?? 0
  }
  return { shape: [columns, rows], data: turned }
}

/** [row, column, channel, d] → [d, channel, row, column] */
function filtersFromFlax({ shape, data }: Weight): Weight {
  const [rows = 0, columns = 0, channels = 0, width = 0] = shape
  const turned = new Float32Array(data.length)
  let source = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let filter = 0; filter < width; filter++) {
          turned[((filter * channels + channel) * rows + row) * columns + column] = data[source++] ?? 0
        }
      }
    }
  }
  return { shape: [width, channels, rows, columns], data: turned }
}
