import { expect, it } from 'vitest'
import { ValidationTally } from '@engine/train/validation'

const logits = Float32Array.of(
  ...[9, 1, 2, 3, 4, 5, 6],
  ...[9, 1, 2, 3, 4, 5, 6],
  ...[9, 1, 2, 3, 4, 5, 6],
  ...[0, 0, 0, 0, 0, 0, 0],
)

it('counts each image once, leaves padding out, and ranks equal logits in the order of the classes', () => {
  const tally = new ValidationTally(7)
  tally.add(
    { losses: Float32Array.of(1, 2, 3, 6), logits },
    // Ranks of the labels: 0, 6, 4; and 5 among seven equal logits.
    { labels: Int32Array.of(0, 1, 3, 5), count: 4 },
  )
  tally.add({ losses: Float32Array.of(8, NaN, NaN, NaN), logits }, { labels: Int32Array.of(0, 0, 0, 0), count: 1 })
  expect(tally.figures()).toEqual({
    loss: 4,
    accuracy: 2 / 5,
    top5: 3 / 5,
    balancedAccuracy: 1 / 4,
    classAccuracies: [1, 0, null, 0, null, 0, null],
  })
})
