import { expect, it } from 'vitest'
import { partWords } from '@engine/train/partWords'

it.each([
  ['blocks.3.attn', "block 4's attention"],
  ['blocks.3.attn.weights', "block 4's attention"],
  ['blocks.0.norm1.weight', "block 1's first norm"],
  ['blocks.11.norm2', "block 12's second norm"],
  ['blocks.1.mlp.fc1.bias', "block 2's MLP"],
  ['blocks.1.ls2.gamma', "block 2's LayerScale"],
  ['blocks.1', 'the output of block 2'],
  ['patch_embed.proj.weight', 'the patch embedding'],
  ['pos_embed', 'the tokens and positions'],
  ['tokens', 'the tokens and positions'],
  ['fc_norm', 'the final norm'],
  ['logits', 'the head'],
])('%s is %s', (name, words) => {
  expect(partWords(name)).toBe(words)
})
