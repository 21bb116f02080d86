import { z } from 'zod'
import { isPresetName, presetNames, presetSizes } from './modelPresets'
import { countFromZero, fraction, positive, positiveInt } from './settingTypes'

export const normKinds = ['layernorm', 'rmsnorm'] as const
export const normPlaces = ['pre', 'post', 'none'] as const
export const positionKinds = ['learned', 'sinusoidal', 'none'] as const
export const poolings = ['class-token', 'mean'] as const
export const initialisations = ['default', 't-fixup'] as const

/** The choices of a model's architecture besides its sizes; the defaults are the plain ViT's. */
const architecture = {
  norm: z.enum(normKinds).default('layernorm'),
  /** Before each branch, after each residual sum, or nowhere. */
  normPlace: z.enum(normPlaces).default('pre'),
  positions: z.enum(positionKinds).default('learned'),
  /** What the head sees: the class token, or the mean of the patch tokens (there is no class token then). */
  pooling: z.enum(poolings).default('class-token'),
  qkvBias: z.boolean().default(true),
  /** First value of the learned scale on each branch (LayerScale); null for none. */
  layerScale: positive.nullable().default(null),
  /** Learned tokens beside the class token that stand for no patch. */
  registerTokens: countFromZero.default(0),
}

/** What only published models have: their files tell it, and no configuration asks for it. */
const published = {
  /**
   * Tokens that the head reads instead of the pooled one. `distilled`: the class token and, with a head of
   * its own, the first register; the logits are the mean of both (DeiT). `class-and-mean`: the class token
   * and behind it the mean of the patches (DINOv2's classifiers).
   */
  headReading: z.enum(['distilled', 'class-and-mean']).optional(),
  /** Width of a layer with tanh before the head (the first ImageNet-21k models). */
  preLogits: z.int().positive().optional(),
}

const rates = {
  dropout: fraction.default(0),
  attentionDropout: fraction.default(0),
  dropPath: fraction.default(0),
}

export const modelSchema = z.strictObject({
  preset: z
    .string()
    .refine(isPresetName, { error: `must be one of ${presetNames.join(', ')}` })
    .optional(),
  patchSize: positiveInt.optional(),
  embedDim: positiveInt.optional(),
  depth: positiveInt.optional(),
  numHeads: positiveInt.optional(),
  mlpRatio: positive.optional(),
  ...rates,
  ...architecture,
  /** How fresh weights are drawn; `t-fixup` makes norms and warm-up unnecessary. */
  initialisation: z.enum(initialisations).default('default'),
})

export type ModelConfig = z.output<typeof modelSchema>

/** The sizes and the architecture of one model, all of them known. `imageSize` in pixels, `channels` 3 for RGB, 1 for grey. */
export const vitSizesSchema = z.strictObject({
  imageSize: z.int().positive(),
  channels: z.int().positive(),
  patchSize: z.int().positive(),
  embedDim: z.int().positive(),
  depth: z.int().positive(),
  numHeads: z.int().positive(),
  mlpRatio: z.number().positive(),
  numClasses: z.int().positive(),
  ...rates,
  ...architecture,
  ...published,
})

export type VitSizes = z.output<typeof vitSizesSchema>
export type VitArchitecture = Pick<VitSizes, keyof typeof architecture>

/** The architecture of Dosovitskiy et al. (2020): pre-norm LayerNorm, learned positions, class token. */
export const plainArchitecture: Readonly<VitArchitecture> = {
  norm: 'layernorm',
  normPlace: 'pre',
  positions: 'learned',
  pooling: 'class-token',
  qkvBias: true,
  layerScale: null,
  registerTokens: 0,
}

/** The preset's sizes with whatever the configuration sets itself on top. */
export function modelSizes(model: ModelConfig) {
  const preset =
    model.preset === undefined
      ? { patchSize: 0, embedDim: 0, depth: 0, numHeads: 0, mlpRatio: 4 }
      : presetSizes(model.preset)
  return {
    patchSize: model.patchSize ?? preset.patchSize,
    embedDim: model.embedDim ?? preset.embedDim,
    depth: model.depth ?? preset.depth,
    numHeads: model.numHeads ?? preset.numHeads,
    mlpRatio: model.mlpRatio ?? preset.mlpRatio,
    dropout: model.dropout,
    attentionDropout: model.attentionDropout,
    dropPath: model.dropPath,
    norm: model.norm,
    normPlace: model.normPlace,
    positions: model.positions,
    pooling: model.pooling,
    qkvBias: model.qkvBias,
    layerScale: model.layerScale,
    registerTokens: model.registerTokens,
  }
}
