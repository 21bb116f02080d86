import type { VitSizes } from '@shared/config/modelConfig'
import type { RunConfig } from '@shared/config/runConfig'
import { VitrineError } from '@shared/errors'
import { mlpDim } from '@shared/model/size'
import { readCheckpoint } from './checkpoint'
import { forImageSize } from './otherImageSize'
import { parameterSpecs, type Weights } from './parameters'

/** What belongs to a head, also to those that only published models have. */
const headNames = /^(?:head|head_dist|pre_logits\.fc)\./

/**
 * Weights for fine-tuning from a checkpoint of any layout, with positions interpolated to the run's
 * image size. With a new head, all parameters but the head's come back, and the caller makes those.
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
  const differences = [
    ...backboneDifferences(read.sizes, sizes),
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
  const wanted = parameterSpecs(sizes).filter(({ name }) => head === 'keep' || !headNames.test(name))
  return new Map(
    wanted.flatMap(({ name }) => {
      const weight = weights.get(name)
      return weight === undefined ? [] : [[name, weight] as const]
    }),
  )
}

/** The differences that keep weights from fitting, each as `model.depth 12 (not 6)`. */
function backboneDifferences(found: VitSizes, wanted: VitSizes): string[] {
  const facts = (sizes: VitSizes): Record<string, string | number | boolean> => ({
    channels: sizes.channels,
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
