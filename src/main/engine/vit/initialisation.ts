import type { ModelConfig, VitSizes } from '@shared/config/modelConfig'
import { elementCount } from '@shared/elementCount'
import type { SeededRandom } from '@shared/random'
import { parameterSpecs, type ParameterSpec, type Weight, type Weights } from './parameters'

/** Fills the values of a fresh parameter. */
type Initialiser = (values: Float32Array, random: SeededRandom) => void

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

/** Glorot & Bengio (2010), times a factor. */
const xavierUniform = (fanIn: number, fanOut: number, factor = 1) => uniform(factor * Math.sqrt(6 / (fanIn + fanOut)))

/** What PyTorch's `nn.Linear` starts from. */
const linearDefault = (fanIn: number) => uniform(1 / Math.sqrt(fanIn))

/** Numbers that go into one output of a weight [out, …], and outputs. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [fanOut = 1, ...rest] = shape
  return { fanIn: elementCount(rest), fanOut }
}

/** Part of the model that a parameter belongs to: its name without the number of its block. */
function partName(name: string): string {
  return name.replace(/^blocks\.\d+\./, '')
}

/** Norms start as the plain normalisation, LayerScale at its configured value; null for every other part. */
function scaleInitialiser(part: string, { layerScale }: VitSizes): Initialiser | null {
  if (/norm\d?\.weight$/.test(part)) return constant(1)
  if (part.endsWith('.gamma')) return constant(layerScale ?? 1)
  return null
}

function defaultInitialiser(part: string, shape: readonly number[], sizes: VitSizes): Initialiser {
  const { fanIn, fanOut } = fans(shape)
  switch (part) {
    case 'cls_token':
    case 'reg_token':
    case 'pos_embed':
      return normal(0.02)
    case 'patch_embed.proj.weight':
      return truncatedNormal(Math.sqrt(1 / fanIn))
    // One matrix for queries, keys and values: its fan-out is all three together, as in nn.MultiheadAttention.
    case 'attn.qkv.weight':
    case 'mlp.fc1.weight':
    case 'mlp.fc2.weight':
      return xavierUniform(fanIn, fanOut)
    case 'mlp.fc1.bias':
    case 'mlp.fc2.bias':
      return normal(1e-6)
    case 'attn.proj.weight':
    case 'head.weight':
      return linearDefault(fanIn)
    case 'head.bias':
      return linearDefault(sizes.embedDim)
    default:
      return scaleInitialiser(part, sizes) ?? constant(0)
  }
}

/**
 * T-Fixup (Huang et al., 2020, section 3.2) for an encoder alone: Xavier's uniform distribution for
 * every matrix, normal with deviation d^−½ for tokens and positions, and then 0.67·N^−¼ (N blocks)
 * times the values' and output projections of attention, the MLPs, and the embeddings. The paper
 * scales embeddings by (9N)^−¼, which belongs to a decoder of equal depth; here they are scaled like
 * the rest of the encoder.
 */
function tFixupInitialiser(part: string, shape: readonly number[], sizes: VitSizes): Initialiser {
  const factor = 0.67 * sizes.depth ** -0.25
  const { fanIn, fanOut } = fans(shape)
  switch (part) {
    case 'cls_token':
    case 'reg_token':
    case 'pos_embed':
      return normal(factor / Math.sqrt(sizes.embedDim))
    case 'attn.qkv.weight': {
      const projection = xavierUniform(fanIn, fanIn)
      const valueProjection = xavierUniform(fanIn, fanIn, factor)
      return (values, random) => {
        const third = values.length / 3
        projection(values.subarray(0, 2 * third), random)
        valueProjection(values.subarray(2 * third), random)
      }
    }
    case 'patch_embed.proj.weight':
    case 'attn.proj.weight':
    case 'mlp.fc1.weight':
    case 'mlp.fc2.weight':
      return xavierUniform(fanIn, fanOut, factor)
    case 'head.weight':
      return xavierUniform(fanIn, fanOut)
    default:
      return scaleInitialiser(part, sizes) ?? constant(0)
  }
}

const initialisers = { default: defaultInitialiser, 't-fixup': tFixupInitialiser } as const

/** One fresh parameter. */
export function initialWeight(
  { name, shape }: ParameterSpec,
  sizes: VitSizes,
  random: SeededRandom,
  initialisation: ModelConfig['initialisation'],
): Weight {
  const data = new Float32Array(elementCount(shape))
  initialisers[initialisation](partName(name), shape, sizes)(data, random)
  return { shape, data }
}

/** Fresh weights; the same generator gives the same ones. */
export function initialWeights(
  sizes: VitSizes,
  random: SeededRandom,
  initialisation: ModelConfig['initialisation'] = 'default',
): Weights {
  return new Map(
    parameterSpecs(sizes).map((spec): [string, Weight] => [
      spec.name,
      initialWeight(spec, sizes, random, initialisation),
    ]),
  )
}
