import { VitrineError } from '@shared/errors'
import type { Weights } from '../parameters'
import { googleLayout } from './googleLayout'
import { huggingfaceLayout } from './huggingfaceLayout'
import { described, type Layout, type MappedWeights } from './layout'
import { notebookLayout, timmLayout } from './timmLayout'
import { torchvisionLayout } from './torchvisionLayout'

const layouts: readonly Layout[] = [timmLayout, notebookLayout, torchvisionLayout, huggingfaceLayout, googleLayout]

/** What training programs put before every name. */
const wrapperPrefixes = ['module.', '_orig_mod.', 'model.', 'backbone.', 'student.', 'teacher.', 'net.']

/** Parts of other Transformers, so that the message can say what the file has. */
const knownForeignParts: readonly [RegExp, string][] = [
  [/relative_position|rel_pos/, 'relative positions (BEiT, Swin)'],
  [/\.layers\.\d+\.blocks\.|\.downsample\./, 'windows that are merged (Swin)'],
  [/mlp\.w12\.|weights_in|mlp\.fc1_g\./, 'a gated MLP (SwiGLU), as the giant DINOv2 has'],
  [/attn\.[qk]_norm\./, 'normalised queries and keys'],
  [/^norm_pre\.|pre_layrnorm/, 'a norm before the first block (CLIP)'],
  [/attn_pool\.|MAPHead/, 'attention pooling (SigLIP)'],
  [/patch_embed\.backbone\.|conv_root\/|conv_stem/, 'a convolutional network before the patches (hybrid)'],
  [/decoder_/, 'a decoder (MAE pre-training)'],
]

/** Names in one sentence before the rest is counted. */
const named = 12

/**
 * The tensors of a published model under timm's names.
 *
 * @param file name of the file, for messages
 * @throws VitrineError `invalid-input` where the layout is not known, and naming each tensor that is not
 */
export function mapToTimm(tensors: Weights, file: string): MappedWeights {
  const unwrapped = withoutWrappers(tensors)
  const names = new Set(unwrapped.keys())
  const layout = layouts.find((candidate) => candidate.recognises(names))
  if (layout === undefined) {
    throw new VitrineError(
      'invalid-input',
      `${file} is no Vision Transformer of timm, Hugging Face, torchvision, Google or the tutorial's notebook: its tensors are ${listed(unwrapped)}.`,
    )
  }
  const { renamed, unused } = rename(unwrapped, layout, file)
  for (const idle of layout.idle?.(renamed) ?? []) {
    const weight = renamed.get(idle)
    if (weight !== undefined) unused.set(idle, weight)
    renamed.delete(idle)
  }
  return { layout: layout.name, weights: layout.arrange?.(renamed) ?? renamed, unused }
}

function rename(tensors: Weights, layout: Layout, file: string): { renamed: Weights; unused: Weights } {
  const renamed: Weights = new Map()
  const unused: Weights = new Map()
  const unknown: Weights = new Map()
  for (const [name, weight] of tensors) {
    const matching = layout.rules.find(([pattern]) => pattern.test(name))
    if (matching !== undefined) {
      const target = name.replace(...matching)
      if (renamed.has(target)) {
        throw new VitrineError(
          'invalid-input',
          `${file} has more than one tensor for timm's "${target}": use a file of one model.`,
        )
      }
      renamed.set(target, weight)
    } else if (layout.unused.some((pattern) => pattern.test(name))) {
      unused.set(name, weight)
    } else {
      unknown.set(name, weight)
    }
  }
  if (unknown.size > 0) throw notSupported(unknown, layout, file)
  return { renamed, unused }
}

function notSupported(unknown: Weights, { name: layout }: Layout, file: string): VitrineError {
  const part = knownForeignParts.find(([pattern]) => [...unknown.keys()].some((name) => pattern.test(name)))
  const reason = part === undefined ? '' : ` It has ${part[1]}, which is not supported.`
  return new VitrineError(
    'invalid-input',
    `${file} has the names of ${layout}, but no place is known for its ${listed(unknown)}.${reason}`,
  )
}

function listed(tensors: Weights): string {
  const shown = [...tensors].slice(0, named).map(([name, weight]) => described(name, weight))
  const more = tensors.size > named ? ` and ${tensors.size - named} more` : ''
  return `${shown.join(', ')}${more}`
}

/** Without the prefixes that all names share, e.g. `module.` of `DataParallel`. */
function withoutWrappers(tensors: Weights): Weights {
  let current = tensors
  for (;;) {
    const names = [...current.keys()]
    const prefix = wrapperPrefixes.find((candidate) => names.every((name) => name.startsWith(candidate)))
    if (prefix === undefined || names.length === 0) return current
    current = new Map([...current].map(([name, weight]) => [name.slice(prefix.length), weight]))
  }
}
