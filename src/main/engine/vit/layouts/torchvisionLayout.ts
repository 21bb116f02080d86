import type { Layout } from './layout'

const block = 'encoder\\.layers\\.encoder_layer_(\\d+)'

/** `torchvision.models.VisionTransformer`; before 0.13 the layers of the MLP had names instead of numbers. */
export const torchvisionLayout: Layout = {
  name: 'torchvision',
  recognises: (names) => names.has('conv_proj.weight') && names.has('encoder.pos_embedding'),
  rules: [
    [/^class_token$/, 'cls_token'],
    [/^encoder\.pos_embedding$/, 'pos_embed'],
    [/^conv_proj\.(weight|bias)$/, 'patch_embed.proj.$1'],
    [new RegExp(`^${block}\\.ln_([12])\\.(weight|bias)$`), 'blocks.$1.norm$2.$3'],
    [new RegExp(`^${block}\\.self_attention\\.in_proj_(weight|bias)$`), 'blocks.$1.attn.qkv.$2'],
    [new RegExp(`^${block}\\.self_attention\\.out_proj\\.(weight|bias)$`), 'blocks.$1.attn.proj.$2'],
    [new RegExp(`^${block}\\.mlp\\.(?:0|linear_1)\\.(weight|bias)$`), 'blocks.$1.mlp.fc1.$2'],
    [new RegExp(`^${block}\\.mlp\\.(?:3|linear_2)\\.(weight|bias)$`), 'blocks.$1.mlp.fc2.$2'],
    [/^encoder\.ln\.(weight|bias)$/, 'norm.$1'],
    [/^heads\.head\.(weight|bias)$/, 'head.$1'],
    [/^heads\.pre_logits\.(weight|bias)$/, 'pre_logits.fc.$1'],
  ],
  unused: [],
}
