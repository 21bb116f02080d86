import type { AugmentOperation, AugmentRecipe } from '@shared/config/augmentRecipe'
import { VitrineError } from '@shared/errors'
import { boxOf, boxTransform, type CropBox } from '../cropBox'
import type { DrawnOperation } from './draw'
import { composedMatrix, isUpright, transformOf, type Matrix } from './geometry'
import { isGeometric, type PixelOperation } from './operations'
import { policyPixelOperations } from './policies'

export type PixelKind = PixelOperation['op']

/** One pixel operation in the graph. Its input holds a row for each image: 1 where it is on, then the parameters. */
interface AugmentStage {
  /** Of its input among the step's. */
  name: string
  kind: PixelKind
  /** On for every image, so the graph doesn't pick out those where it is. */
  always: boolean
  /** Values for each image. */
  columns: number
}

/** What of a recipe is fixed when the step is traced. */
export interface AugmentPlan {
  /** `box`: crops and flips alone, which a cheaper op does; `warp`: any projective map. */
  geometry: 'box' | 'warp'
  /** In the order in which they are applied, after the geometry. */
  stages: readonly AugmentStage[]
}

/** Images as they are, stretched to the model's input. */
export const plainPlan: AugmentPlan = { geometry: 'box', stages: [] }

/** Name of the warps' input, [B, 8]. */
export const warpInput = 'augment-warp'

const boxOperations: ReadonlySet<AugmentOperation['op']> = new Set(['resized-crop', 'horizontal-flip', 'vertical-flip'])
const policies: ReadonlySet<AugmentOperation['op']> = new Set(['rand-augment', 'trivial-augment'])

/** Which operation of the graph an operation of a recipe is; null for geometry and policies. */
function pixelKind(operation: AugmentOperation): PixelKind | null {
  switch (operation.op) {
    case 'gaussian-blur':
      return 'gaussianBlur'
    case 'erasing':
      return 'erase'
    case 'resized-crop':
    case 'horizontal-flip':
    case 'vertical-flip':
    case 'rotation':
    case 'perspective':
    case 'rand-augment':
    case 'trivial-augment':
      return null
    default:
      return operation.op
  }
}

function stageName(recipeIndex: number, round: number, kind: PixelKind): string {
  return `augment-${recipeIndex}-${round}-${kind}`
}

function stage(kind: PixelKind, recipeIndex: number, round: number, always: boolean, columns: number): AugmentStage {
  return { name: stageName(recipeIndex, round, kind), kind, always, columns: 1 + columns }
}

/** Parameters besides the first column; a blur has its kernel's half instead. */
const parameterCounts: Record<PixelKind, number> = {
  brightness: 1,
  contrast: 1,
  saturation: 1,
  hue: 1,
  autocontrast: 0,
  gaussianBlur: 0,
  sharpness: 1,
  posterize: 1,
  solarize: 1,
  equalize: 0,
  erase: 5,
}

function stagesOf(operation: AugmentOperation, recipeIndex: number): AugmentStage[] {
  if (policies.has(operation.op)) {
    const rounds = operation.op === 'rand-augment' ? operation.operations : 1
    return Array.from({ length: rounds }, (_, round) =>
      policyPixelOperations.map((kind) => stage(kind, recipeIndex, round, false, parameterCounts[kind])),
    ).flat()
  }
  const kind = pixelKind(operation)
  if (kind === null) return []
  // An erased rectangle may not fit; then there is none.
  const always = 'p' in operation && operation.p === 1 && kind !== 'erase'
  const columns = operation.op === 'gaussian-blur' ? (operation.kernel + 1) / 2 : parameterCounts[kind]
  return [stage(kind, recipeIndex, 0, always, columns)]
}

/**
 * @param side of the model's input in pixels
 * @throws VitrineError `invalid-input` for a blur whose kernel the images are too small for
 */
export function augmentPlan({ operations }: AugmentRecipe, side: number): AugmentPlan {
  for (const operation of operations) {
    if (operation.op !== 'gaussian-blur' || operation.kernel < 2 * side) continue
    const message = `A blur of ${operation.kernel} px is too large for images of ${side} px: choose a smaller kernel.`
    throw new VitrineError('invalid-input', message, { field: 'data.augment' })
  }
  const crops = operations.filter(({ op }) => op === 'resized-crop')
  const needsWarp = operations.some(
    (operation) => policies.has(operation.op) || (pixelKind(operation) === null && !boxOperations.has(operation.op)),
  )
  return {
    geometry: needsWarp || crops.length > 1 ? 'warp' : 'box',
    stages: operations.flatMap((operation, index) => stagesOf(operation, index)),
  }
}

/** One half of a Gaussian's kernel, centre first; the whole sums to 1. */
export function gaussianWeights(kernelSize: number, sigma: number): number[] {
  const half = Array.from({ length: (kernelSize + 1) / 2 }, (_, distance) => Math.exp(-0.5 * (distance / sigma) ** 2))
  const sum = half.reduce((total, weight, distance) => total + (distance === 0 ? weight : 2 * weight), 0)
  return half.map((weight) => weight / sum)
}

/** Parameters as the graph takes them; brightness is counted from 0 to 255 there. */
export function stageParameters(operation: PixelOperation): number[] {
  switch (operation.op) {
    case 'brightness':
    case 'contrast':
    case 'saturation':
    case 'sharpness':
      return [operation.factor]
    case 'hue':
      return [operation.shift]
    case 'autocontrast':
    case 'equalize':
      return []
    case 'gaussianBlur':
      return gaussianWeights(operation.kernelSize, operation.sigma)
    case 'posterize':
      return [2 ** (8 - operation.bits)]
    case 'solarize':
      return [255 * operation.threshold]
    case 'erase':
      return [operation.top, operation.left, operation.height, operation.width, 255 * operation.value]
  }
}

export type AugmentValues = ReadonlyMap<string, Float32Array>

/** Inputs of the graph for a batch in which nothing is drawn yet, each [B, columns]. */
export function emptyAugmentValues(plan: AugmentPlan, batchSize: number): Map<string, Float32Array> {
  return new Map(
    [...augmentInputShapes(plan, batchSize)].map(([name, [rows, columns]]): [string, Float32Array] => [
      name,
      new Float32Array(rows * columns),
    ]),
  )
}

/** Names and shapes of a plan's inputs besides images and boxes. */
export function augmentInputShapes(plan: AugmentPlan, batchSize: number): Map<string, readonly [number, number]> {
  const shapes = new Map<string, readonly [number, number]>()
  if (plan.geometry === 'warp') shapes.set(warpInput, [batchSize, 8])
  for (const { name, columns } of plan.stages) shapes.set(name, [batchSize, columns])
  return shapes
}

/** Writes what was drawn for one image into its row, and answers its crop box. */
export function packDrawn(
  plan: AugmentPlan,
  drawn: readonly DrawnOperation[],
  { recordSide, side }: { recordSide: number; side: number },
  values: AugmentValues,
  row: number,
): CropBox {
  for (const { name, columns } of plan.stages) values.get(name)?.fill(0, row * columns, (row + 1) * columns)
  const geometry = drawn.map(({ operation }) => operation).filter(isGeometric)
  const matrix: Matrix = composedMatrix(geometry, { height: recordSide, width: recordSide })
  for (const { operation, recipeIndex, round } of drawn) {
    if (isGeometric(operation) || operation.op === 'normalize') continue
    const name = stageName(recipeIndex, round, operation.op)
    const found = plan.stages.find((candidate) => candidate.name === name)
    if (found === undefined) throw new Error(`the plan has no place for ${name}`)
    values.get(name)?.set([1, ...stageParameters(operation)], row * found.columns)
  }
  if (plan.geometry === 'box') return boxOf(matrix, recordSide, side)
  const transform = isUpright(matrix)
    ? boxTransform(boxOf(matrix, recordSide, side), recordSide, side)
    : transformOf(matrix)
  values.get(warpInput)?.set(transform, row * 8)
  return [0, 0, 1, 1]
}
