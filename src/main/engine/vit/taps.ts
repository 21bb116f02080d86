import type { Tensor } from '../backend/tensorflow'

/**
 * Named intermediates of a forward pass, handed out as it goes along. In order:
 * - `patch_embed` [B, P, d], `tokens` [B, N, d] with class token and positions added
 * - per block i: `blocks.i.norm1` [B·N, d], `blocks.i.attn.weights` [B, H, N, N] (after softmax,
 *   before dropout), `blocks.i.attn` [B·N, d], `blocks.i.norm2` [B·N, d], `blocks.i.mlp` [B·N, d],
 *   `blocks.i` [B·N, d] after both residuals
 * - `norm` [B·N, d], `logits` [B, classes]
 *
 * The tensors belong to the pass: a tap clones what it wants to keep.
 */
export type Tap = (name: string, tensor: Tensor) => void

/** Taps whose name `wanted` accepts are kept; the caller disposes them. */
export function collectTaps(wanted: (name: string) => boolean): { tap: Tap; collected: Map<string, Tensor> } {
  const collected = new Map<string, Tensor>()
  return {
    collected,
    tap: (name, tensor) => {
      if (wanted(name)) collected.set(name, tensor)
    },
  }
}
