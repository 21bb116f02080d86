import type { VitSizes } from '@shared/config/modelConfig'
import { VitrineError } from '@shared/errors'
import { tokenCount } from '@shared/model/size'
import type { Checkpoint } from '../checkpoint'
import type { Weight, Weights } from '../parameters'
import { isHeadless } from '../publishedHeads'
import { sinusoidalPositions } from '../sinusoidalPositions'
import { huggingfaceObstacles, toHuggingface } from './exportHuggingface'
import { timmObstacles, toTimm } from './exportTimm'
import { toTorchvision, torchvisionObstacles } from './exportTorchvision'

/** Layouts that other programs load strictly, by `convert --layout`. */
export const exportLayouts = ['timm', 'huggingface', 'torchvision'] as const

export type ExportLayout = (typeof exportLayouts)[number]

interface Exporter {
  /** What of the model has no place in the layout, each as a few words. */
  obstacles: (sizes: VitSizes, weights: Weights) => string[]
  rename: (weights: Weights, sizes: VitSizes) => Weights
}

const exporters: Readonly<Record<ExportLayout, Exporter>> = {
  timm: { obstacles: timmObstacles, rename: toTimm },
  huggingface: { obstacles: huggingfaceObstacles, rename: toHuggingface },
  torchvision: { obstacles: torchvisionObstacles, rename: toTorchvision },
}

/**
 * The weights under another program's names. A model without a head leaves without one.
 *
 * @throws VitrineError `invalid-input` that lists what the layout has no place for
 */
export function exportWeights({ sizes, weights, source }: Checkpoint, layout: ExportLayout): Weights {
  const { obstacles, rename } = exporters[layout]
  const own = withoutIdentityHead(
    layout === 'timm' && sizes.positions === 'none' ? weights : withPositions(weights, sizes),
  )
  const found = [
    ...(sizes.normPlace === 'pre' ? [] : [`norms in the place "${sizes.normPlace}"`]),
    ...obstacles(sizes, own),
  ]
  if (found.length > 0) {
    throw new VitrineError(
      'invalid-input',
      `The layout of ${layout} has no place for ${found.join(', ')}: choose another layout.`,
    )
  }
  return rename(layout === 'huggingface' ? withMaskToken(own, source?.unused) : own, sizes)
}

/** DINOv2's token for hidden patches, which only its training uses, where the source had it. */
function withMaskToken(weights: Weights, unused: Weights | undefined): Weights {
  const token = [...(unused ?? [])].find(([name]) => /(^|\.)mask_token$/.test(name))?.[1]
  return token === undefined ? weights : new Map(weights).set('mask_token', token)
}

function withoutIdentityHead(weights: Weights): Weights {
  return isHeadless(weights) ? new Map([...weights].filter(([name]) => !name.startsWith('head.'))) : weights
}

/** Other programs keep positions as a parameter, where ours are computed or none as well. */
function withPositions(weights: Weights, sizes: VitSizes): Weights {
  if (sizes.positions === 'learned') return weights
  const shape = [1, tokenCount(sizes), sizes.embedDim]
  const values =
    sizes.positions === 'sinusoidal' ? sinusoidalPositions(sizes) : new Float32Array(tokenCount(sizes) * sizes.embedDim)
  const positions: Weight = { shape, data: values }
  return new Map(weights).set('pos_embed', positions)
}
