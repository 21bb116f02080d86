import { elementCount } from '@shared/elementCount'
import type { OpAttribute } from '../backend/tensorflow'

/** What tracing knows of an op's input: its shape, type, and values where it is a small constant. */
export interface KnownTensor {
  shape: readonly number[]
  dtype: number
  values?: readonly number[] | undefined
}

export interface OutputShape {
  shape: number[]
  dtype: number
}

type ShapeRule = (inputs: readonly KnownTensor[], attributes: Attributes) => OutputShape[]

class Attributes {
  constructor(private readonly list: readonly OpAttribute[]) {}

  flag(name: string): boolean {
    return this.list.find((attribute) => attribute.name === name)?.value === true
  }

  number(name: string): number {
    const value = this.list.find((attribute) => attribute.name === name)?.value
    if (typeof value !== 'number') throw new Error(`the op has no number ${name}`)
    return value
  }
}

function input(inputs: readonly KnownTensor[], index: number): KnownTensor {
  const known = inputs[index]
  if (known === undefined) throw new Error(`the op has no input ${index}`)
  return known
}

function valuesOf(inputs: readonly KnownTensor[], index: number): readonly number[] {
  const { values } = input(inputs, index)
  if (values === undefined) throw new Error(`input ${index} must be a constant`)
  return values
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1
    const right = b[axis - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) throw new Error(`shapes [${a.join()}] and [${b.join()}] don't fit`)
    return left === 1 ? right : left
  })
}

const sameAsFirst: ShapeRule = (inputs) => {
  const first = input(inputs, 0)
  return [{ shape: [...first.shape], dtype: first.dtype }]
}

const elementwise: ShapeRule = (inputs) => [
  { shape: broadcast(input(inputs, 0).shape, input(inputs, 1).shape), dtype: input(inputs, 0).dtype },
]

const floatType = 1
const boolType = 10

const floats = (shape: readonly number[]): OutputShape => ({ shape: [...shape], dtype: floatType })

/** Sizes of TensorFlow's types by their numbers. */
const elementBytes = new Map([
  [1, 4],
  [3, 4],
  [4, 1],
  [9, 8],
  [14, 2],
  [17, 2],
])

function bytesPerElement(dtype: number): number {
  const bytes = elementBytes.get(dtype)
  if (bytes === undefined) throw new Error(`the size of type ${dtype} is not known`)
  return bytes
}

const comparison: ShapeRule = (inputs) => [
  { shape: broadcast(input(inputs, 0).shape, input(inputs, 1).shape), dtype: boolType },
]

const reduction: ShapeRule = (inputs, attributes) => {
  const { shape, dtype } = input(inputs, 0)
  const axes = new Set(valuesOf(inputs, 1).map((axis) => (axis < 0 ? axis + shape.length : axis)))
  const reduced = attributes.flag('keep_dims')
    ? shape.map((size, axis) => (axes.has(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.has(axis))
  return [{ shape: reduced, dtype }]
}

/** The two last axes of a matrix product, from the attributes that say which side is transposed. */
function product(a: readonly number[], b: readonly number[], transposeA: boolean, transposeB: boolean): number[] {
  const rows = a.at(transposeA ? -1 : -2)
  const columns = b.at(transposeB ? -2 : -1)
  if (rows === undefined || columns === undefined) throw new Error('a matrix product needs matrices')
  return [...broadcast(a.slice(0, -2), b.slice(0, -2)), rows, columns]
}

const reshape: ShapeRule = (inputs) => {
  const { shape, dtype } = input(inputs, 0)
  const wanted = valuesOf(inputs, 1)
  const known = elementCount(wanted.filter((size) => size >= 0))
  return [{ shape: wanted.map((size) => (size < 0 ? elementCount(shape) / known : size)), dtype }]
}

const slice: ShapeRule = (inputs) => {
  const { shape, dtype } = input(inputs, 0)
  const begin = valuesOf(inputs, 1)
  const size = valuesOf(inputs, 2)
  return [
    { shape: shape.map((whole, axis) => (size[axis] === -1 ? whole - (begin[axis] ?? 0) : (size[axis] ?? 0))), dtype },
  ]
}

const concat: ShapeRule = (inputs) => {
  const parts = inputs.slice(0, -1)
  const first = input(parts, 0)
  const axis = valuesOf(inputs, inputs.length - 1)[0] ?? 0
  const joined = axis < 0 ? axis + first.shape.length : axis
  const shape = first.shape.map((size, index) =>
    index === joined ? parts.reduce((sum, part) => sum + (part.shape[index] ?? 0), 0) : size,
  )
  return [{ shape, dtype: first.dtype }]
}

/** Our own ops, registered in `backend/kernels/operations.cc`. */
const nativeRules: Record<string, ShapeRule> = {
  VitrineLayerNorm: (inputs) => {
    const { shape } = input(inputs, 0)
    const rows = [elementCount(shape.slice(0, -1))]
    return [floats(shape), floats(rows), floats(rows)]
  },
  VitrineLayerNormGradient: (inputs) => [1, 2, 2].map((index) => floats(input(inputs, index).shape)),
  VitrineBiasGelu: sameAsFirst,
  VitrineBiasGeluGradient: (inputs) => [1, 2].map((index) => floats(input(inputs, index).shape)),
  VitrineDropout: sameAsFirst,
  VitrineColumnSums: (inputs) => [floats(input(inputs, 0).shape.slice(-1))],
  VitrineAttention: (inputs, attributes) => {
    const images = (input(inputs, 0).shape[0] ?? 0) / attributes.number('tokens')
    const heads = attributes.number('heads')
    const queries = attributes.number('queries')
    return [floats([images * queries, heads * attributes.number('head_dim')]), floats([images, heads, queries])]
  },
  VitrineAttentionGradient: (inputs) => [floats(input(inputs, 1).shape)],
}

const rules: Record<string, ShapeRule> = {
  ...nativeRules,
  MatMul: (inputs, attributes) => [
    {
      shape: product(
        input(inputs, 0).shape,
        input(inputs, 1).shape,
        attributes.flag('transpose_a'),
        attributes.flag('transpose_b'),
      ),
      dtype: input(inputs, 0).dtype,
    },
  ],
  BatchMatMulV2: (inputs, attributes) => [
    {
      shape: product(
        input(inputs, 0).shape,
        input(inputs, 1).shape,
        attributes.flag('adj_x'),
        attributes.flag('adj_y'),
      ),
      dtype: input(inputs, 0).dtype,
    },
  ],
  BiasAddGrad: (inputs) => [{ shape: input(inputs, 0).shape.slice(-1), dtype: input(inputs, 0).dtype }],
  Cast: (inputs, attributes) => [{ shape: [...input(inputs, 0).shape], dtype: attributes.number('DstT') }],
  Reshape: reshape,
  Transpose: (inputs) => {
    const { shape, dtype } = input(inputs, 0)
    return [{ shape: valuesOf(inputs, 1).map((axis) => shape[axis] ?? 0), dtype }]
  },
  Slice: slice,
  ConcatV2: concat,
  Pack: (inputs) => [{ shape: [inputs.length, ...input(inputs, 0).shape], dtype: input(inputs, 0).dtype }],
  Tile: (inputs) => {
    const { shape, dtype } = input(inputs, 0)
    const multiples = valuesOf(inputs, 1)
    return [{ shape: shape.map((size, axis) => size * (multiples[axis] ?? 1)), dtype }]
  },
  Fill: (inputs) => [{ shape: [...valuesOf(inputs, 0)], dtype: input(inputs, 1).dtype }],
  AddN: sameAsFirst,
  BiasAdd: sameAsFirst,
  Bitcast: (inputs, attributes) => {
    const { shape, dtype } = input(inputs, 0)
    const target = attributes.number('type')
    const ratio = bytesPerElement(dtype) / bytesPerElement(target)
    return [{ shape: ratio > 1 ? [...shape, ratio] : ratio < 1 ? shape.slice(0, -1) : [...shape], dtype: target }]
  },
  L2Loss: (inputs) => [{ shape: [], dtype: input(inputs, 0).dtype }],
  SpaceToDepth: (inputs, attributes) => {
    const { shape, dtype } = input(inputs, 0)
    const [batch = 0, height = 0, width = 0, channels = 0] = shape
    const block = attributes.number('block_size')
    return [{ shape: [batch, height / block, width / block, channels * block * block], dtype }]
  },
  CropAndResize: (inputs) => {
    const [height = 0, width = 0] = valuesOf(inputs, 3)
    return [
      { shape: [input(inputs, 1).shape[0] ?? 0, height, width, input(inputs, 0).shape[3] ?? 0], dtype: floatType },
    ]
  },
  ImageProjectiveTransformV3: (inputs) => {
    const { shape, dtype } = input(inputs, 0)
    const [height = 0, width = 0] = valuesOf(inputs, 2)
    return [{ shape: [shape[0] ?? 0, height, width, shape[3] ?? 0], dtype }]
  },
  SelectV2: (inputs) => {
    const { shape, dtype } = input(inputs, 1)
    return [{ shape: broadcast(input(inputs, 0).shape, broadcast(shape, input(inputs, 2).shape)), dtype }]
  },
  GatherNd: (inputs) => {
    const { shape, dtype } = input(inputs, 0)
    const places = input(inputs, 1).shape
    return [{ shape: [...places.slice(0, -1), ...shape.slice(places.at(-1) ?? 0)], dtype }]
  },
  StatelessRandomUniformFullInt: (inputs, attributes) => [
    { shape: [...valuesOf(inputs, 0)], dtype: attributes.number('dtype') },
  ],
}

for (const name of [
  'Add',
  'AddV2',
  'Sub',
  'Mul',
  'RealDiv',
  'DivNoNan',
  'Maximum',
  'Minimum',
  'SquaredDifference',
  'Pow',
]) {
  rules[name] = elementwise
}
for (const name of ['Less', 'LessEqual', 'Greater', 'GreaterEqual', 'Equal', 'NotEqual']) rules[name] = comparison
for (const name of ['Sum', 'Mean', 'Max', 'Min', 'Prod']) rules[name] = reduction
for (const name of [
  'Abs',
  'Floor',
  'Round',
  'ClipByValue',
  'ReverseV2',
  'TensorScatterUpdate',
  'Neg',
  'Square',
  'Sqrt',
  'Rsqrt',
  'Exp',
  'Erf',
  'Log',
  'Tanh',
  'Softmax',
  'LogSoftmax',
  'Identity',
  'ZerosLike',
  'OnesLike',
]) {
  rules[name] = sameAsFirst
}

/** Output shapes and types of an op, or null where there is no rule for it. */
export function inferShapes(
  op: string,
  inputs: readonly KnownTensor[],
  attributes: readonly OpAttribute[],
): OutputShape[] | null {
  const rule = rules[op]
  return rule === undefined ? null : rule(inputs, new Attributes(attributes))
}
