import type { Tensor } from '../backend/tensorflow'

/**
 * Named intermediates of a forward pass, handed out as it goes along. In order:
 * - `patch_embed` [B, P, d], `tokens` [B, N, d] with class token, registers and positions
 * - per block i: `blocks.i.norm1` [B·N, d], `blocks.i.attn.weights` [B, H, N, N] (after softmax,
 *   before dropout), `blocks.i.attn` [B·N, d], `blocks.i.norm2` [B·N, d], `blocks.i.mlp` [B·N, d],
 *   `blocks.i` [B·N, d] after both residuals. Branches come as they are before LayerScale; in
 *   post-norm blocks each norm comes after its residual, and models without norms have no norms to tap
 * - `norm` [B·N, d], or `fc_norm` [B, d] with mean pooling (pre-norm models only)
 * - `logits` [B, classes]
 *
 * The tensors belong to the pass: a tap clones what it wants to keep. The pass goes on with what a tap
 * returns for attention weights, so that a gradient can be taken at them; elsewhere that is ignored.
 */
export type Tap = (name: string, tensor: Tensor) => Tensor | undefined

/** Taps whose name `wanted` accepts are kept; the caller disposes them. */
export function collectTaps(wanted: (name: string) => boolean): { tap: Tap; collected: Map<string, Tensor> } {
  const collected = new Map<string, Tensor>()
  return {
    collected,
    tap: (name, tensor) => {
      if (wanted(name)) collected.set(name, tensor)
      return undefined
    },
  }
}
