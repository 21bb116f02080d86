import type { Layout } from './layout'

/** huggingface/pytorch-image-models, and the DeiT and DINOv2 repositories that took over its names. */
export const timmLayout: Layout = {
  name: 'timm',
  recognises: (names) => names.has('patch_embed.proj.weight') && names.has('blocks.0.attn.qkv.weight'),
  rules: [
    [/^(cls_token|reg_token|pos_embed|patch_embed\.proj\.(?:weight|bias))$/, '$1'],
    [/^(?:dist_token|register_tokens)$/, 'reg_token'],
    [/^(blocks\.\d+\.(?:norm[12]|attn\.qkv|attn\.proj|mlp\.fc[12])\.(?:weight|bias))$/, '$1'],
    [/^(blocks\.\d+\.ls[12]\.gamma)$/, '$1'],
    [/^(blocks\.\d+)\.gamma_([12])$/, '$1.ls$2.gamma'],
    [/^((?:norm|fc_norm|head|head_dist|pre_logits\.fc)\.(?:weight|bias))$/, '$1'],
  ],
  unused: [/^mask_token$/],
}

/** The names of the tutorial notebook, whose blocks hold PyTorch's own `nn.MultiheadAttention`. */
export const notebookLayout: Layout = {
  name: 'notebook',
  recognises: (names) => names.has('patch_embed.proj.weight') && names.has('blocks.0.attn.in_proj_weight'),
  rules: [
    [/^class_token$/, 'cls_token'],
    [/^(pos_embed|patch_embed\.proj\.(?:weight|bias))$/, '$1'],
    [/^(blocks\.\d+\.norm[12]\.(?:weight|bias))$/, '$1'],
    [/^(blocks\.\d+\.attn)\.in_proj_(weight|bias)$/, '$1.qkv.$2'],
    [/^(blocks\.\d+\.attn)\.out_proj\.(weight|bias)$/, '$1.proj.$2'],
    [/^(blocks\.\d+\.mlp)\.mlp\.0\.(weight|bias)$/, '$1.fc1.$2'],
    [/^(blocks\.\d+\.mlp)\.mlp\.3\.(weight|bias)$/, '$1.fc2.$2'],
    [/^((?:norm|head)\.(?:weight|bias))$/, '$1'],
  ],
  unused: [],
}
