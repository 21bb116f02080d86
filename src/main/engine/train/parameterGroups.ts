import type { OptimizerConfig } from '@shared/config/trainConfig'
import type { StepSettings } from './stepSettings'

/** A parameter that training changes, with the options of its group. */
export interface TrainedParameter {
  name: string
  shape: readonly number[]
  /** Weight decay, 0 where the options spare this parameter. */
  weightDecay: number
  /** Factor on the learning rate. */
  rateScale: number
}

const tokenNames = new Set(['cls_token', 'pos_embed', 'reg_token'])
const blockPattern = /^blocks\.(\d+)\./

/** The block that a parameter belongs to, from 0; null outside the blocks. */
function blockOf(name: string): number | null {
  const index = blockPattern.exec(name)?.[1]
  return index === undefined ? null : Number(index)
}

function isStem(name: string): boolean {
  return tokenNames.has(name) || name.startsWith('patch_embed.')
}

function isHead(name: string): boolean {
  return name.startsWith('head.')
}

function isFrozen(name: string, { freeze, frozenBlocks }: Pick<StepSettings, 'freeze' | 'frozenBlocks'>): boolean {
  switch (freeze) {
    case 'none':
      return false
    case 'all-but-head':
      return !isHead(name)
    case 'first-blocks':
      return isStem(name) || (blockOf(name) ?? Infinity) < frozenBlocks
  }
}

/** Norms, biases and the scales of branches are the parameters with one axis. */
function decayOf(name: string, shape: readonly number[], config: OptimizerConfig): number {
  const spared = tokenNames.has(name) ? !config.decayTokens : shape.length === 1 && !config.decayNormAndBias
  return spared ? 0 : config.weightDecay
}

/**
 * How many layers lie above a parameter's: 0 for the head and the norm of mean-pooled tokens, 1 for the
 * last block and the norm of the class token, depth + 1 for patch embedding, tokens and positions
 * (timm's `param_groups_layer_decay`, after BEiT).
 */
function layersAbove(name: string, depth: number): number {
  if (isHead(name) || name.startsWith('fc_norm.')) return 0
  if (isStem(name)) return depth + 1
  return depth - (blockOf(name) ?? depth - 1)
}

/** The parameters that are not frozen, in their order. */
export function trainedParameters(
  parameters: readonly { name: string; shape: readonly number[] }[],
  settings: Pick<StepSettings, 'freeze' | 'frozenBlocks' | 'optimizer'> & { sizes: { depth: number } },
): TrainedParameter[] {
  const { optimizer, sizes } = settings
  return parameters
    .filter(({ name }) => !isFrozen(name, settings))
    .map(({ name, shape }) => ({
      name,
      shape,
      weightDecay: decayOf(name, shape, optimizer),
      rateScale: optimizer.layerDecay ** layersAbove(name, sizes.depth),
    }))
}
