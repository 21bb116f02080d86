import type { Weight, Weights } from '../parameters'

/** How the tensors of a published model are called and laid out, by the program that wrote it. */
export type LayoutName = 'timm' | 'huggingface' | 'torchvision' | 'notebook' | 'google'

/** The name of a tensor in a file, and its name in timm; `$1` stands for the first group, as in `replace`. */
export type RenameRule = readonly [RegExp, string]

export interface Layout {
  name: LayoutName
  /** True where the names can only be this layout's. */
  recognises(names: ReadonlySet<string>): boolean
  /** Of which each tensor must match one. */
  rules: readonly RenameRule[]
  /** Tensors that a picture's way through the model never meets, such as the token that hides patches in training. */
  unused: readonly RegExp[]
  /** Brings the values into timm's order, where that takes more than another name. */
  arrange?(weights: Weights): Weights
  /** Names, timm's, of what this file's other tensors make idle. */
  idle?(weights: Weights): string[]
}

/** Weights under timm's names, and what of the file they don't need. */
export interface MappedWeights {
  layout: LayoutName
  weights: Weights
  unused: Weights
}

/** The tensor with its shape, for messages: `"head.bias" [1000]`. */
export function described(name: string, { shape }: Pick<Weight, 'shape'>): string {
  return `"${name}" [${shape.join(', ')}]`
}

/** Queries, keys and values as one matrix: timm's `qkv`, of `q`, `k` and `v`, which the rules made. */
export function joinQueriesKeysValues(weights: Weights): Weights {
  const joined: Weights = new Map()
  for (const [name, weight] of weights) {
    const [, attention, part, kind] = /^(.*\.attn)\.([qkv])\.(weight|bias)$/.exec(name) ?? []
    if (attention === undefined || part === undefined || kind === undefined) {
      joined.set(name, weight)
    } else if (part === 'q') {
      const parts = ['q', 'k', 'v'].map((letter) => weights.get(`${attention}.${letter}.${kind}`))
      const whole = joinFirstAxis(parts)
      if (whole !== undefined) joined.set(`${attention}.qkv.${kind}`, whole)
    }
  }
  return joined
}

function joinFirstAxis(parts: readonly (Weight | undefined)[]): Weight | undefined {
  const present = parts.flatMap((part) => (part === undefined ? [] : [part]))
  const [first] = present
  if (first === undefined || present.length !== parts.length) return undefined
  const data = new Float32Array(present.reduce((sum, part) => sum + part.data.length, 0))
  let offset = 0
  for (const part of present) {
    data.set(part.data, offset)
    offset += part.data.length
  }
  const rows = present.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0)
  return { shape: [rows, ...first.shape.slice(1)], data }
}
