import type { Weight, Weights } from './parameters'

/**
 * Variants of timm's models that compute the same as a model this app has, once a tensor is
 * arranged otherwise.
 */

function isSquare(count: number): boolean {
  return count > 0 && Number.isInteger(Math.sqrt(count))
}

/** Rows of [1, n, d] tensors one after another. */
function joinRows(first: Weight, second: Weight): Weight {
  const [, , width = 0] = first.shape
  const data = new Float32Array(first.data.length + second.data.length)
  data.set(first.data)
  data.set(second.data, first.data.length)
  return { shape: [1, (first.shape[1] ?? 0) + (second.shape[1] ?? 0), width], data }
}

/** With mean pooling the head never sees the class token: it is a register like any other. */
function classTokenAsRegister(weights: Weights): Weights {
  const classToken = weights.get('cls_token')
  if (classToken === undefined || !weights.has('fc_norm.weight') || weights.has('norm.weight')) return weights
  const registers = weights.get('reg_token')
  const changed = new Map(weights)
  changed.delete('cls_token')
  changed.set('reg_token', registers === undefined ? classToken : joinRows(classToken, registers))
  return changed
}

/**
 * Positions of the patches alone (`no_embed_class`) are the same as zero positions for the tokens before
 * them; those of class token and patches (DINOv2) the same as zero positions for the registers between.
 */
function positionsForEveryToken(weights: Weights): Weights {
  const positions = weights.get('pos_embed')
  const [, count = 0, width = 0] = positions?.shape ?? []
  const [classTokens, registers] = ['cls_token', 'reg_token'].map((name) => weights.get(name)?.shape[1] ?? 0)
  if (positions === undefined || classTokens === undefined || registers === undefined) return weights
  const zeros = (rows: number) => ({ shape: [1, rows, width], data: new Float32Array(rows * width) })
  if (isSquare(count - classTokens - registers)) return weights
  if (isSquare(count)) return new Map(weights).set('pos_embed', joinRows(zeros(classTokens + registers), positions))
  if (!isSquare(count - classTokens)) return weights
  const classRow = { shape: [1, classTokens, width], data: positions.data.subarray(0, classTokens * width) }
  const patchRows = { shape: [1, count - classTokens, width], data: positions.data.subarray(classTokens * width) }
  return new Map(weights).set('pos_embed', joinRows(joinRows(classRow, zeros(registers)), patchRows))
}

/** Weights of a foreign model under timm's names, arranged for `inferSizes`; the same ones where nothing is to do. */
export function arrangeTimmVariants(weights: Weights): Weights {
  return positionsForEveryToken(classTokenAsRegister(weights))
}
