import type { VitSizes } from '@shared/config/runConfig'
import { elementCount } from '@shared/elementCount'
import { mlpDim, tokenCount } from '@shared/model/size'
import type { SeededRandom } from '@shared/random'

/** Names and layouts are timm's (PyTorch: linear weights are [out, in], the patch filter [d, 3, p, p]). */
export interface ParameterSpec {
  name: string
  shape: readonly number[]
  initialise: (values: Float32Array, random: SeededRandom) => void
}

type Initialiser = ParameterSpec['initialise']

const constant =
  (value: number): Initialiser =>
  (values) => {
    values.fill(value)
  }

const normal =
  (std: number): Initialiser =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = random.normal(0, std)
  }

/** Normal, drawn again outside ±2, as PyTorch's `trunc_normal_` cuts by default. */
const truncatedNormal =
  (std: number): Initialiser =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) {
      let value = random.normal(0, std)
      while (Math.abs(value) > 2) value = random.normal(0, std)
      values[i] = value
    }
  }

const uniform =
  (bound: number): Initialiser =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = random.uniform(-bound, bound)
  }

/** Glorot & Bengio (2010). */
const xavierUniform = (fanIn: number, fanOut: number) => uniform(Math.sqrt(6 / (fanIn + fanOut)))

/** What PyTorch's `nn.Linear` starts from. */
const linearDefault = (fanIn: number) => uniform(1 / Math.sqrt(fanIn))

export function blockName(index: number): string {
  return `blocks.${index}`
}

function blockParameters(name: string, width: number, hidden: number): ParameterSpec[] {
  return [
    { name: `${name}.norm1.weight`, shape: [width], initialise: constant(1) },
    { name: `${name}.norm1.bias`, shape: [width], initialise: constant(0) },
    // One matrix for queries, keys and values: its fan-out is all three together, as in nn.MultiheadAttention.
    { name: `${name}.attn.qkv.weight`, shape: [3 * width, width], initialise: xavierUniform(width, 3 * width) },
    { name: `${name}.attn.qkv.bias`, shape: [3 * width], initialise: constant(0) },
    { name: `${name}.attn.proj.weight`, shape: [width, width], initialise: linearDefault(width) },
    { name: `${name}.attn.proj.bias`, shape: [width], initialise: constant(0) },
    { name: `${name}.norm2.weight`, shape: [width], initialise: constant(1) },
    { name: `${name}.norm2.bias`, shape: [width], initialise: constant(0) },
    { name: `${name}.mlp.fc1.weight`, shape: [hidden, width], initialise: xavierUniform(width, hidden) },
    { name: `${name}.mlp.fc1.bias`, shape: [hidden], initialise: normal(1e-6) },
    { name: `${name}.mlp.fc2.weight`, shape: [width, hidden], initialise: xavierUniform(hidden, width) },
    { name: `${name}.mlp.fc2.bias`, shape: [width], initialise: normal(1e-6) },
  ]
}

/** All parameters of a model, in the order of timm's state dict. */
export function parameterSpecs(sizes: VitSizes): ParameterSpec[] {
  const width = sizes.embedDim
  const { patchSize, channels } = sizes
  const blocks = Array.from({ length: sizes.depth }, (_, index) =>
    blockParameters(blockName(index), width, mlpDim(sizes)),
  )
  return [
    { name: 'cls_token', shape: [1, 1, width], initialise: normal(0.02) },
    { name: 'pos_embed', shape: [1, tokenCount(sizes), width], initialise: normal(0.02) },
    {
      name: 'patch_embed.proj.weight',
      shape: [width, channels, patchSize, patchSize],
      initialise: truncatedNormal(Math.sqrt(1 / (channels * patchSize * patchSize))),
    },
    { name: 'patch_embed.proj.bias', shape: [width], initialise: constant(0) },
    ...blocks.flat(),
    { name: 'norm.weight', shape: [width], initialise: constant(1) },
    { name: 'norm.bias', shape: [width], initialise: constant(0) },
    { name: 'head.weight', shape: [sizes.numClasses, width], initialise: linearDefault(width) },
    { name: 'head.bias', shape: [sizes.numClasses], initialise: linearDefault(width) },
  ]
}

export interface Weight {
  shape: readonly number[]
  data: Float32Array
}

export type Weights = Map<string, Weight>

/** Fresh weights; the same generator gives the same ones. */
export function initialWeights(sizes: VitSizes, random: SeededRandom): Weights {
  return new Map(
    parameterSpecs(sizes).map(({ name, shape, initialise }): [string, Weight] => {
      const data = new Float32Array(elementCount(shape))
      initialise(data, random)
      return [name, { shape, data }]
    }),
  )
}
