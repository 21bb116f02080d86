import type { EvaluationRecord } from '@shared/contract/evaluation'
import { SeededRandom } from '@shared/random'
import { componentScores } from '../inspect/componentScores'

/** Embeddings that are kept at most: what a map can show at once, and at most 40 MB of 1,024 values each. */
export const mostEmbeddings = 10_000
/** Principal components that are kept: the first two are a map, all of them what UMAP starts from. */
const keptComponents = 50

export interface Embeddings {
  /** Rows of the evaluation's images, ascending: [embedded]. */
  images: Int32Array
  /** [embedded, width] */
  values: Float32Array
  width: number
}

/** All images, or a sample drawn with a seed of its own, the same at every evaluation; ascending. */
export function embeddedImages(images: number, most = mostEmbeddings): Int32Array {
  if (images <= most) return Int32Array.from({ length: images }, (_, image) => image)
  return Int32Array.from(SeededRandom.stream(0, 'embeddings').permutation(images).subarray(0, most)).sort()
}

/** Collects embeddings as the images go by in their order. */
export class EmbeddingCollector {
  private readonly images: Int32Array
  private values = new Float32Array(0)
  private width = 0
  private taken = 0

  constructor(images: number) {
    this.images = embeddedImages(images)
  }

  /** @param image must not be less than the last one that was offered */
  offer(image: number, embedding: Float32Array): void {
    if (this.images[this.taken] !== image) return
    if (this.width === 0) {
      this.width = embedding.length
      this.values = new Float32Array(this.images.length * this.width)
    }
    this.values.set(embedding, this.taken * this.width)
    this.taken++
  }

  collected(): Embeddings {
    return { images: this.images, values: this.values, width: this.width }
  }
}

/**
 * The embeddings in the space of their principal components.
 * @returns scores [embedded, components], with what the record says of them
 */
export function embeddingMap({ images, values, width }: Embeddings): {
  scores: Float32Array
  summary: NonNullable<EvaluationRecord['embedding']>
} {
  const components = Math.min(keptComponents, width)
  const count = images.length
  const { scores, explainedShares } = componentScores(values, count, width, components)
  return { scores, summary: { images: count, width, explainedShares } }
}
