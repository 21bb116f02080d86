import type { BatchEvaluation } from './trainer'

export interface ValidationFigures {
  loss: number
  accuracy: number
  /** Share of images whose class is among the five largest logits. */
  top5: number
  /** Mean of the accuracies of the classes that have images. */
  balancedAccuracy: number
  /** In the order of the classes; null for a class without images. */
  classAccuracies: (number | null)[]
}

/** How many classes the model ranks before the label's; of equal logits the first class is ahead, as in argmax. */
export function rankOfLabel(logits: ArrayLike<number>, row: number, classes: number, label: number): number {
  const start = row * classes
  const own = logits[start + label] ?? NaN
  let rank = 0
  for (let other = 0; other < classes; other++) {
    const logit = logits[start + other] ?? NaN
    if (logit > own || (logit === own && other < label)) rank++
  }
  return rank
}

/** Sums over the batches of a validation. */
export class ValidationTally {
  private images = 0
  private lossSum = 0
  private amongFive = 0
  private readonly imagesOfClass: number[]
  private readonly correctOfClass: number[]

  constructor(private readonly classes: number) {
    this.imagesOfClass = new Array<number>(classes).fill(0)
    this.correctOfClass = new Array<number>(classes).fill(0)
  }

  /** @param batch of which the first `count` images are counted; labels [B] */
  add({ losses, logits }: BatchEvaluation, { labels, count }: { labels: Int32Array; count: number }) {
    for (let row = 0; row < count; row++) {
      const label = labels[row] ?? 0
      const rank = rankOfLabel(logits, row, this.classes, label)
      this.images++
      this.lossSum += losses[row] ?? NaN
      if (rank < 5) this.amongFive++
      this.imagesOfClass[label] = (this.imagesOfClass[label] ?? 0) + 1
      if (rank === 0) this.correctOfClass[label] = (this.correctOfClass[label] ?? 0) + 1
    }
  }

  figures(): ValidationFigures {
    const classAccuracies = this.imagesOfClass.map((images, label) =>
      images === 0 ? null : (this.correctOfClass[label] ?? 0) / images,
    )
    const present = classAccuracies.filter((accuracy) => accuracy !== null)
    return {
      loss: this.lossSum / this.images,
      accuracy: sum(this.correctOfClass) / this.images,
      top5: this.amongFive / this.images,
      balancedAccuracy: sum(present) / present.length,
      classAccuracies,
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
