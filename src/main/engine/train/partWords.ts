/** Parts of a block by the beginning of their name below it, in the order in which they are tried. */
const blockParts: readonly [prefix: string, words: string][] = [
  ['norm1', 'first norm'],
  ['norm2', 'second norm'],
  ['attn', 'attention'],
  ['mlp', 'MLP'],
  ['ls', 'LayerScale'],
]

const parts: readonly [prefix: string, words: string][] = [
  ['patch_embed', 'the patch embedding'],
  ['norm', 'the final norm'],
  ['fc_norm', 'the final norm'],
  ['head', 'the head'],
  ['logits', 'the head'],
]

/** The part of the model that a parameter or a tap belongs to: "block 4's attention"; blocks count from 1. */
export function partWords(name: string): string {
  const [, index, inBlock = ''] = /^blocks\.(\d+)\.?(.*)$/.exec(name) ?? []
  if (index === undefined) return parts.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'the tokens and positions'
  const block = `block ${Number(index) + 1}`
  const words = blockParts.find(([prefix]) => inBlock.startsWith(prefix))?.[1]
  return words === undefined ? `the output of ${block}` : `${block}'s ${words}`
}
