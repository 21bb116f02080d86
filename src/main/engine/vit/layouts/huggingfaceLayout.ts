import { joinQueriesKeysValues, type Layout } from './layout'

const root = '(?:(?:vit|deit|dinov2|dinov2_with_registers)\\.)?'
const block = `${root}(?:encoder\\.layer|layers)\\.(\\d+)`
const attention = `${block}\\.attention\\.(?:attention\\.)?`

function rule(pattern: string, target: string): readonly [RegExp, string] {
  return [new RegExp(`^${pattern}$`), target]
}

/**
 * ViT, DeiT and DINOv2 of Hugging Face's transformers, with or without a head, by the names in its files or
 * by those that version 5 has in memory. A model without a head
 * may have a "pooler": the layer with tanh that the ImageNet-21k models have before theirs.
 */
export const huggingfaceLayout: Layout = {
  name: 'huggingface',
  recognises: (names) => {
    return [...names].some((name) => /(^|\.)embeddings\.patch_embeddings\.projection\.weight$/.test(name))
  },
  rules: [
    rule(`${root}embeddings\\.cls_token`, 'cls_token'),
    rule(`${root}embeddings\\.(?:distillation_token|register_tokens)`, 'reg_token'),
    rule(`${root}embeddings\\.position_embeddings`, 'pos_embed'),
    rule(`${root}embeddings\\.patch_embeddings\\.projection\\.(weight|bias)`, 'patch_embed.proj.$1'),
    rule(`${block}\\.(?:layernorm_before|norm1)\\.(weight|bias)`, 'blocks.$1.norm1.$2'),
    rule(`${block}\\.(?:layernorm_after|norm2)\\.(weight|bias)`, 'blocks.$1.norm2.$2'),
    rule(`${attention}(q)(?:uery|_proj)\\.(weight|bias)`, 'blocks.$1.attn.$2.$3'),
    rule(`${attention}(k)(?:ey|_proj)\\.(weight|bias)`, 'blocks.$1.attn.$2.$3'),
    rule(`${attention}(v)(?:alue|_proj)\\.(weight|bias)`, 'blocks.$1.attn.$2.$3'),
    rule(`${attention}(?:output\\.dense|o_proj)\\.(weight|bias)`, 'blocks.$1.attn.proj.$2'),
    rule(`${block}\\.layer_scale([12])\\.lambda1`, 'blocks.$1.ls$2.gamma'),
    rule(`${block}\\.(?:intermediate\\.dense|mlp\\.fc1)\\.(weight|bias)`, 'blocks.$1.mlp.fc1.$2'),
    rule(`${block}\\.(?:output\\.dense|mlp\\.fc2)\\.(weight|bias)`, 'blocks.$1.mlp.fc2.$2'),
    rule(`${root}layernorm\\.(weight|bias)`, 'norm.$1'),
    rule(`${root}pooler\\.dense\\.(weight|bias)`, 'pre_logits.fc.$1'),
    rule('(?:cls_)?classifier\\.(weight|bias)', 'head.$1'),
    rule('distillation_classifier\\.(weight|bias)', 'head_dist.$1'),
  ],
  unused: [new RegExp(`^${root}embeddings\\.mask_token$`)],
  arrange: joinQueriesKeysValues,
  // The classifiers read the token itself, whether the file has a pooler or not.
  idle: (weights) => {
    return weights.has('head.weight') ? [...weights.keys()].filter((name) => name.startsWith('pre_logits.')) : []
  },
}
