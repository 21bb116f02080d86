import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken, mlpDim } from '@shared/model/size'
import type { Checkpoint } from '../checkpoint'
import type { Weight, Weights } from '../parameters'
import { isHeadless } from '../publishedHeads'
import type { RenameRule } from './layout'
import { renameAll } from './renameAll'

/** The model classes of transformers that have the architecture. */
type Family = 'vit' | 'deit' | 'dinov2' | 'dinov2_with_registers'

function familyOf(sizes: VitSizes, weights: Weights): Family {
  if (sizes.headReading === 'distilled') return 'deit'
  if (sizes.registerTokens === 0) return sizes.layerScale === null && sizes.headReading === undefined ? 'vit' : 'dinov2'
  // DeiT's second token has a position, DINOv2's registers have none.
  return sizes.registerTokens === 1 && sizes.layerScale === null && !registersArePlaceless(sizes, weights)
    ? 'deit'
    : 'dinov2_with_registers'
}

function registersArePlaceless({ embedDim, registerTokens }: VitSizes, weights: Weights): boolean {
  const rows = weights.get('pos_embed')?.data.subarray(embedDim, (1 + registerTokens) * embedDim)
  return rows?.every((value) => value === 0) === true
}

export function huggingfaceObstacles(sizes: VitSizes, weights: Weights): string[] {
  const registers = familyOf(sizes, weights) === 'dinov2_with_registers' && !registersArePlaceless(sizes, weights)
  return [
    ...(hasClassToken(sizes) ? [] : ['mean pooling']),
    ...(sizes.norm === 'layernorm' ? [] : ['RMSNorm']),
    ...(registers ? ['register tokens with positions'] : []),
    ...(sizes.preLogits !== undefined && weights.has('head.weight') ? ['a layer before a head'] : []),
  ]
}

function block(name: string): string {
  return `encoder.layer.$1.${name}`
}

const sharedRules: readonly RenameRule[] = [
  [/^cls_token$/, 'embeddings.cls_token'],
  [/^mask_token$/, 'embeddings.mask_token'],
  [/^pos_embed$/, 'embeddings.position_embeddings'],
  [/^patch_embed\.proj\.(.*)$/, 'embeddings.patch_embeddings.projection.$1'],
  [/^blocks\.(\d+)\.attn\.q\.(.*)$/, block('attention.attention.query.$2')],
  [/^blocks\.(\d+)\.attn\.k\.(.*)$/, block('attention.attention.key.$2')],
  [/^blocks\.(\d+)\.attn\.v\.(.*)$/, block('attention.attention.value.$2')],
  [/^blocks\.(\d+)\.attn\.proj\.(.*)$/, block('attention.output.dense.$2')],
  [/^norm\.(.*)$/, 'layernorm.$1'],
  [/^pre_logits\.fc\.(.*)$/, 'pooler.dense.$1'],
]

const vitBlockRules: readonly RenameRule[] = [
  [/^blocks\.(\d+)\.norm1\.(.*)$/, block('layernorm_before.$2')],
  [/^blocks\.(\d+)\.norm2\.(.*)$/, block('layernorm_after.$2')],
  [/^blocks\.(\d+)\.mlp\.fc1\.(.*)$/, block('intermediate.dense.$2')],
  [/^blocks\.(\d+)\.mlp\.fc2\.(.*)$/, block('output.dense.$2')],
  [/^reg_token$/, 'embeddings.distillation_token'],
]

const dinov2BlockRules: readonly RenameRule[] = [
  [/^blocks\.(\d+)\.norm([12])\.(.*)$/, block('norm$2.$3')],
  [/^blocks\.(\d+)\.ls([12])\.gamma$/, block('layer_scale$2.lambda1')],
  [/^blocks\.(\d+)\.mlp\.fc([12])\.(.*)$/, block('mlp.fc$2.$3')],
  [/^reg_token$/, 'embeddings.register_tokens'],
]

function rulesOf(family: Family, sizes: VitSizes, hasHead: boolean): RenameRule[] {
  const body = [...sharedRules, ...(family === 'vit' || family === 'deit' ? vitBlockRules : dinov2BlockRules)]
  if (!hasHead) return body
  const head = sizes.headReading === 'distilled' ? 'cls_classifier' : 'classifier'
  return [
    [/^head\.(.*)$/, `${head}.$1`],
    [/^head_dist\.(.*)$/, 'distillation_classifier.$1'],
    ...body.map(([pattern, target]): RenameRule => [pattern, `${family}.${target}`]),
  ]
}

/** A model without a head is the bare model, whose names have no prefix. */
export function toHuggingface(weights: Weights, sizes: VitSizes): Weights {
  const family = familyOf(sizes, weights)
  const split = splitQueriesKeysValues(weights)
  const arranged = family === 'vit' || family === 'deit' ? split : forDinov2(split, sizes)
  return renameAll(arranged, rulesOf(family, sizes, weights.has('head.weight')))
}

/**
 * DINOv2's classes always scale their branches, read two tokens, give positions to the class token and
 * the patches alone, and have a token for hidden patches, which only their training uses.
 */
function forDinov2(weights: Weights, sizes: VitSizes): Weights {
  const { embedDim: width, depth, registerTokens } = sizes
  const complete = new Map(weights)
  if (!complete.has('mask_token')) complete.set('mask_token', { shape: [1, width], data: new Float32Array(width) })
  for (let index = 0; sizes.layerScale === null && index < depth; index++) {
    for (const branch of [1, 2]) {
      complete.set(`blocks.${index}.ls${branch}.gamma`, { shape: [width], data: new Float32Array(width).fill(1) })
    }
  }
  const head = weights.get('head.weight')
  if (head !== undefined && sizes.headReading !== 'class-and-mean') complete.set('head.weight', widened(head))
  const positions = weights.get('pos_embed')
  if (positions !== undefined && registerTokens > 0) {
    const data = new Float32Array(positions.data.length - registerTokens * width)
    data.set(positions.data.subarray(0, width))
    data.set(positions.data.subarray((1 + registerTokens) * width), width)
    complete.set('pos_embed', { shape: [1, data.length / width, width], data })
  }
  return complete
}

/** [classes, d] → [classes, 2·d]: the second token counts nothing. */
function widened({ shape, data }: Weight): Weight {
  const [rows = 0, width = 0] = shape
  const wide = new Float32Array(2 * data.length)
  for (let row = 0; row < rows; row++) wide.set(data.subarray(row * width, (row + 1) * width), 2 * row * width)
  return { shape: [rows, 2 * width], data: wide }
}

/** timm's `qkv` as `q`, `k` and `v`: its thirds. */
function splitQueriesKeysValues(weights: Weights): Weights {
  const split: Weights = new Map()
  for (const [name, weight] of weights) {
    const [, attention, kind] = /^(.*\.attn)\.qkv\.(weight|bias)$/.exec(name) ?? []
    if (attention === undefined || kind === undefined) {
      split.set(name, weight)
      continue
    }
    const third = weight.data.length / 3
    const shape = [(weight.shape[0] ?? 0) / 3, ...weight.shape.slice(1)]
    for (const [index, part] of ['q', 'k', 'v'].entries()) {
      split.set(`${attention}.${part}.${kind}`, {
        shape,
        data: weight.data.subarray(index * third, (index + 1) * third),
      })
    }
  }
  return split
}

const architectures: Readonly<Record<Family, string>> = {
  vit: 'ViT',
  deit: 'DeiT',
  dinov2: 'Dinov2',
  dinov2_with_registers: 'Dinov2WithRegisters',
}

/** The `config.json` and `preprocessor_config.json` that `from_pretrained` looks for beside the weights. */
export function huggingfaceConfigs({ sizes, weights, classes, normalize }: Checkpoint) {
  const family = familyOf(sizes, weights)
  const teacher = sizes.headReading === 'distilled' ? 'WithTeacher' : ''
  const kind = isHeadless(weights) ? 'Model' : `ForImageClassification${teacher}`
  const mlp =
    family === 'vit' || family === 'deit' ? { intermediate_size: mlpDim(sizes) } : { mlp_ratio: sizes.mlpRatio }
  const config = {
    architectures: [`${architectures[family]}${kind}`],
    model_type: family,
    hidden_act: 'gelu',
    hidden_size: sizes.embedDim,
    num_hidden_layers: sizes.depth,
    num_attention_heads: sizes.numHeads,
    ...mlp,
    image_size: sizes.imageSize,
    patch_size: sizes.patchSize,
    num_channels: sizes.channels,
    num_register_tokens: sizes.registerTokens,
    qkv_bias: sizes.qkvBias,
    layer_norm_eps: 1e-6,
    id2label: Object.fromEntries(classes.map((label, index) => [String(index), label])),
    label2id: Object.fromEntries(classes.map((label, index) => [label, index])),
  }
  const preprocessor = {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    do_normalize: true,
    do_rescale: true,
    size: { height: sizes.imageSize, width: sizes.imageSize },
    image_mean: normalize.mean,
    image_std: normalize.std,
  }
  return { config, preprocessor }
}
