/** Confusion matrices: rows are labels, columns are predictions, `[classes, classes]` counts. */

export interface Cell {
  label: number
  prediction: number
}

interface Confusion extends Cell {
  count: number
  /** Of the label's images. */
  share: number
}

/** Images with each label. */
export function rowSums(counts: Int32Array, classes: number): Float64Array {
  const sums = new Float64Array(classes)
  counts.forEach((count, cell) => {
    const label = Math.floor(cell / classes)
    sums[label] = (sums[label] ?? 0) + count
  })
  return sums
}

/** Every pair of classes that is confused, the most images first; equal ones by their share. */
export function largestConfusions(counts: Int32Array, classes: number, limit: number): Confusion[] {
  const sums = rowSums(counts, classes)
  const found: Confusion[] = []
  counts.forEach((count, cell) => {
    const label = Math.floor(cell / classes)
    const prediction = cell % classes
    if (count > 0 && label !== prediction) found.push({ label, prediction, count, share: count / (sums[label] ?? 1) })
  })
  return found.sort((a, b) => b.count - a.count || b.share - a.share).slice(0, limit)
}

/**
 * An order of the classes in which those that are taken for one another are neighbours: pairs are
 * joined from the most confused on, each class to two others at most and never to a ring. Chains, and
 * classes that are confused with none, follow each other by their first class.
 */
export function similarityOrder(counts: Int32Array, classes: number): number[] {
  const sums = rowSums(counts, classes)
  const shareAt = (label: number, prediction: number) =>
    (counts[label * classes + prediction] ?? 0) / Math.max(1, sums[label] ?? 1)
  const pairs: { a: number; b: number; similarity: number }[] = []
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) {
      const similarity = shareAt(a, b) + shareAt(b, a)
      if (similarity > 0) pairs.push({ a, b, similarity })
    }
  }
  pairs.sort((x, y) => y.similarity - x.similarity || x.a - y.a || x.b - y.b)
  const neighbours = Array.from({ length: classes }, (): number[] => [])
  const chainOf = Array.from({ length: classes }, (_, index) => index)
  const chains = chainOf.map((index) => [index])
  for (const { a, b } of pairs) {
    const [near, other] = [neighbours[a] ?? [], neighbours[b] ?? []]
    const [from, into] = [chainOf[b] ?? b, chainOf[a] ?? a]
    if (near.length > 1 || other.length > 1 || from === into) continue
    near.push(b)
    other.push(a)
    const moved = chains[from] ?? []
    for (const index of moved) chainOf[index] = into
    chains[into]?.push(...moved)
    chains[from] = []
  }
  return chainsInOrder(neighbours)
}

/** Walks each chain from one of its ends. */
function chainsInOrder(neighbours: readonly (readonly number[])[]): number[] {
  const seen = new Set<number>()
  const order: number[] = []
  for (const start of neighbours.keys()) {
    if (seen.has(start)) continue
    let current: number | undefined = chainEnd(neighbours, start)
    while (current !== undefined) {
      seen.add(current)
      order.push(current)
      current = neighbours[current]?.find((next) => !seen.has(next))
    }
  }
  return order
}

/** An end of the chain that a class is in: itself where it has one neighbour at most. */
function chainEnd(neighbours: readonly (readonly number[])[], start: number): number {
  let previous = -1
  let current = start
  for (;;) {
    const around = neighbours[current] ?? []
    if (around.length < 2) return current
    const next = around.find((index) => index !== previous) ?? current
    previous = current
    current = next
  }
}

/** What is drawn of a matrix: `span` rows and columns from `row` and `column` on, in the given order. */
interface ConfusionWindow {
  order: readonly number[]
  row: number
  column: number
  span: number
  /** Opacity of a single image, from 0 to 1: cells of a pixel need some to be seen. */
  faintest: number
}

export interface ConfusionColours {
  correct: readonly [number, number, number]
  error: readonly [number, number, number]
}

/**
 * The window as RGBA pixels, `side` × `side`: the more see-through the fewer images. Where several
 * cells fall on a pixel the strongest shows, so that no confusion is lost.
 * @param strengths from 0 to 1, `[classes, classes]` in the classes' own order
 */
export function confusionPixels(
  strengths: Float32Array,
  { order, row, column, span, faintest }: ConfusionWindow,
  side: number,
  colours: ConfusionColours,
): Uint8ClampedArray<ArrayBuffer> {
  const classes = order.length
  const pixels = new Uint8ClampedArray(side * side * 4)
  const scale = side / span
  for (let y = 0; y < span; y++) {
    const label = order[row + y] ?? 0
    const top = Math.min(side - 1, Math.floor(y * scale))
    for (let x = 0; x < span; x++) {
      const prediction = order[column + x] ?? 0
      const strength = strengths[label * classes + prediction] ?? 0
      if (strength === 0) continue
      const place = (top * side + Math.min(side - 1, Math.floor(x * scale))) * 4
      const alpha = Math.round(255 * Math.max(faintest, Math.sqrt(strength)))
      if (alpha <= (pixels[place + 3] ?? 0)) continue
      pixels.set(label === prediction ? colours.correct : colours.error, place)
      pixels[place + 3] = alpha
    }
  }
  return pixels
}

/** Counts by the largest of them, or shares of each label's images; from 0 to 1. */
export function confusionStrengths(counts: Int32Array, classes: number, by: 'count' | 'share'): Float32Array {
  if (by === 'share') {
    const sums = rowSums(counts, classes)
    return Float32Array.from(counts, (count, cell) => count / Math.max(1, sums[Math.floor(cell / classes)] ?? 1))
  }
  const largest = counts.reduce((most, count) => Math.max(most, count), 1)
  return Float32Array.from(counts, (count) => count / largest)
}
