import type { VitSizes } from '@shared/config/modelConfig'
import type { RunConfig } from '@shared/config/runConfig'
import { VitrineError } from '@shared/errors'
import { mlpDim } from '@shared/model/size'
import { readCheckpoint } from './checkpoint'
import { forImageSize } from './otherImageSize'
import { parameterSpecs, type Weight, type Weights } from './parameters'

/** What belongs to a head, also to those that only published models have. */
const headNames = /^(?:head|head_dist|pre_logits\.fc)\./

const patchFilterName = 'patch_embed.proj.weight'

/**
 * Weights for fine-tuning from a checkpoint of any layout, with positions interpolated to the run's
 * image size, and filters for colours summed for a run on grey. With a new head, all parameters but
 * the head's come back, and the caller makes those.
 *
 * @param sizes of the run's model
 * @throws VitrineError `invalid-input` naming each setting in which the two models differ
 */
export async function loadInitialWeights(
  path: string,
  sizes: VitSizes,
  head: RunConfig['init']['head'],
): Promise<Weights> {
  const read = await readCheckpoint(path, { heads: sizes.numHeads })
  const becomesGrey = read.sizes.channels === 3 && sizes.channels === 1
  const differences = [
    ...backboneDifferences({ ...read.sizes, channels: becomesGrey ? 1 : read.sizes.channels }, sizes),
    ...(head === 'keep' ? headDifferences(read.sizes, sizes) : []),
  ]
  if (differences.length > 0) {
    throw new VitrineError(
      'invalid-input',
      `The checkpoint is of another model than this run's: it has ${differences.join(', ')}. Change the settings to the checkpoint's, or start from another.`,
      { field: 'init.checkpoint' },
    )
  }
  const { weights } = forImageSize(read, sizes.imageSize)
  const filters = weights.get(patchFilterName)
  if (becomesGrey && filters !== undefined) weights.set(patchFilterName, withoutColours(filters))
  const wanted = parameterSpecs(sizes).filter(({ name }) => head === 'keep' || !headNames.test(name))
  return new Map(
    wanted.flatMap(({ name }) => {
      const weight = weights.get(name)
      return weight === undefined ? [] : [[name, weight] as const]
    }),
  )
}

/**
 * [d, 3, p, p] → [d, 1, p, p]: the sum over the colours, by which a grey picture gives what it gave in
 * three equal channels.
 */
function withoutColours({ shape, data }: Weight): Weight {
  const [width = 0, , rows = 0, columns = 0] = shape
  const plane = rows * columns
  const summed = Float32Array.from({ length: width * plane }, (_, place) => {
    const first = Math.floor(place / plane) * 3 * plane + (place % plane)
    return (data[first] ?? 0) + (data[first + plane] ?? 0) + (data[first + 2 * plane] ?? 0)
  })
  return { shape: [width, 1, rows, columns], data: summed }
}

/** The differences that keep weights from fitting, each as `model.depth 12 (not 6)`. */
function backboneDifferences(found: VitSizes, wanted: VitSizes): string[] {
  const facts = (sizes: VitSizes): Record<string, string | number | boolean> => ({
    'data.colour': sizes.channels === 1 ? 'grey' : 'rgb',
    'model.patchSize': sizes.patchSize,
    'model.embedDim': sizes.embedDim,
    'model.depth': sizes.depth,
    'model.mlpRatio': mlpDim(sizes) / sizes.embedDim,
    'model.norm': sizes.norm,
    'model.normPlace': sizes.normPlace,
    'model.positions': sizes.positions,
    'model.pooling': sizes.pooling,
    'model.qkvBias': sizes.qkvBias,
    'model.layerScale': sizes.layerScale === null ? 'null' : 'set',
    'model.registerTokens': sizes.registerTokens,
  })
  return differing(facts(found), facts(wanted))
}

function headDifferences(found: VitSizes, wanted: VitSizes): string[] {
  const facts = (sizes: VitSizes): Record<string, string | number> => ({
    classes: sizes.numClasses,
    'a head that reads': sizes.headReading ?? 'one token',
    'a layer before the head': sizes.preLogits === undefined ? 'no' : 'yes',
  })
  return differing(facts(found), facts(wanted)).map(
    (difference) => `${difference}, which init.head "new" would replace`,
  )
}

function differing(found: Record<string, unknown>, wanted: Record<string, unknown>): string[] {
  return Object.entries(found)
    .filter(([name, value]) => wanted[name] !== value)
    .map(([name, value]) => `${name} ${String(value)} (not ${String(wanted[name])})`)
}
