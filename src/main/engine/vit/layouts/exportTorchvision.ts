import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken } from '@shared/model/size'
import type { Weights } from '../parameters'
import type { RenameRule } from './layout'
import { renameAll } from './renameAll'

export function torchvisionObstacles(sizes: VitSizes): string[] {
  return [
    ...(sizes.channels === 3 ? [] : ['grey images']),
    ...(hasClassToken(sizes) ? [] : ['mean pooling']),
    ...(sizes.norm === 'layernorm' ? [] : ['RMSNorm']),
    ...(sizes.registerTokens === 0 ? [] : ['register tokens']),
    ...(sizes.layerScale === null ? [] : ['LayerScale']),
    ...(sizes.headReading === undefined ? [] : ['a head that reads two tokens']),
  ]
}

const block = 'encoder.layers.encoder_layer_$1'

const rules: readonly RenameRule[] = [
  [/^cls_token$/, 'class_token'],
  [/^pos_embed$/, 'encoder.pos_embedding'],
  [/^patch_embed\.proj\.(.*)$/, 'conv_proj.$1'],
  [/^blocks\.(\d+)\.norm([12])\.(.*)$/, `${block}.ln_$2.$3`],
  [/^blocks\.(\d+)\.attn\.qkv\.(.*)$/, `${block}.self_attention.in_proj_$2`],
  [/^blocks\.(\d+)\.attn\.proj\.(.*)$/, `${block}.self_attention.out_proj.$2`],
  [/^blocks\.(\d+)\.mlp\.fc1\.(.*)$/, `${block}.mlp.0.$2`],
  [/^blocks\.(\d+)\.mlp\.fc2\.(.*)$/, `${block}.mlp.3.$2`],
  [/^norm\.(.*)$/, 'encoder.ln.$1'],
  [/^pre_logits\.fc\.(.*)$/, 'heads.pre_logits.$1'],
  [/^head\.(.*)$/, 'heads.head.$1'],
]

/** torchvision's attention always has biases: where ours has none, they are zero. */
export function toTorchvision(weights: Weights, sizes: VitSizes): Weights {
  const complete = new Map(weights)
  for (let index = 0; !sizes.qkvBias && index < sizes.depth; index++) {
    const bias = { shape: [3 * sizes.embedDim], data: new Float32Array(3 * sizes.embedDim) }
    complete.set(`blocks.${index}.attn.qkv.bias`, bias)
  }
  return renameAll(complete, rules)
}
