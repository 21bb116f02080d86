import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  confusionPixels,
  confusionStrengths,
  largestConfusions,
  similarityOrder,
} from '../../../src/renderer/maps/confusion'
import { listedRows, outcomeAt, sortedRows, type OutcomeListing } from '../../../src/renderer/maps/outcomes'

// Labels down, predictions across: 0 and 3 are confused most, then 1 and 2.
const counts = Int32Array.from(
  [
    [6, 0, 0, 4],
    [0, 8, 2, 0],
    [0, 1, 9, 0],
    [3, 0, 0, 0],
  ].flat(),
)

describe('similarityOrder', () => {
  it('puts classes that are taken for one another side by side', () => {
    const order = similarityOrder(counts, 4)
    expect(Math.abs(order.indexOf(0) - order.indexOf(3))).toBe(1)
    expect(Math.abs(order.indexOf(1) - order.indexOf(2))).toBe(1)
  })

  it('finds a chain that was shuffled', () => {
    const chain = [4, 0, 3, 1, 5, 2]
    const chained = new Int32Array(36)
    for (let class_ = 0; class_ < 6; class_++) chained[class_ * 7] = 10
    for (let place = 0; place < 5; place++) chained[(chain[place] ?? 0) * 6 + (chain[place + 1] ?? 0)] = 2
    const order = similarityOrder(chained, 6)
    expect([order, order.toReversed()]).toContainEqual(chain)
  })

  it('is an order of all classes, whatever the matrix', () => {
    const matrix = fc
      .integer({ min: 1, max: 9 })
      .chain((classes) =>
        fc.tuple(
          fc.constant(classes),
          fc.array(fc.nat(3), { minLength: classes * classes, maxLength: classes * classes }),
        ),
      )
    fc.assert(
      fc.property(matrix, ([classes, values]) => {
        const order = similarityOrder(Int32Array.from(values), classes)
        expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: classes }, (_, index) => index))
      }),
    )
  })
})

describe('confusion cells', () => {
  it('lists the largest confusions with their share of the label', () => {
    expect(largestConfusions(counts, 4, 2)).toEqual([
      { label: 0, prediction: 3, count: 4, share: 0.4 },
      { label: 3, prediction: 0, count: 3, share: 1 },
    ])
  })

  it('measures cells by the largest count or by the label', () => {
    expect(confusionStrengths(counts, 4, 'count')[3]).toBeCloseTo(4 / 9)
    expect(confusionStrengths(counts, 4, 'share')[12]).toBe(1)
  })

  it('keeps a single confusion among many classes visible', () => {
    const classes = 1000
    const many = new Int32Array(classes * classes)
    many[123 * classes + 877] = 1
    const window = {
      order: Array.from({ length: classes }, (_, index) => index),
      row: 0,
      column: 0,
      span: classes,
      faintest: 0,
    }
    const colours = { correct: [0, 0, 255], error: [255, 0, 0] } as const
    const pixels = confusionPixels(confusionStrengths(many, classes, 'count'), window, 100, colours)
    const drawn = Array.from({ length: 100 * 100 }, (_, place) => place).filter((place) => pixels[place * 4 + 3] !== 0)
    expect(drawn).toEqual([12 * 100 + 87])
    expect([...pixels.subarray(1287 * 4, 1287 * 4 + 4)]).toEqual([255, 0, 0, 255])
  })
})

describe('listedRows', () => {
  // index, label, prediction, label's probability, prediction's probability, loss
  const rows = [
    [10, 0, 0, 0.9, 0.9, 0.1],
    [11, 0, 1, 0.1, 0.8, 2.3],
    [12, 1, 0, 0.3, 0.6, 1.2],
    [13, 0, 1, 0.01, 0.95, 4.6],
    [14, 1, 1, 0.4, 0.4, 0.9],
  ]
  const outcomes = { shape: [5, 6], values: Float32Array.from(rows.flat()) }
  const indices = (listing: OutcomeListing) =>
    Array.from(listedRows(outcomes, listing), (row) => outcomeAt(outcomes, row).index)

  it('ranks the surest mistakes, the least sure and the worst losses', () => {
    expect(indices({ kind: 'confident' })).toEqual([13, 11, 12])
    expect(indices({ kind: 'uncertain' })).toEqual([14, 12, 11, 10, 13])
    expect(indices({ kind: 'loss' })).toEqual([13, 11, 12, 14, 10])
  })

  it('lists all in their order, and puts a list in any other', () => {
    expect(indices({ kind: 'all' })).toEqual([10, 11, 12, 13, 14])
    const sorted = (by: 'loss' | 'correct' | 'label', descending: boolean) =>
      Array.from(
        sortedRows(outcomes, listedRows(outcomes, { kind: 'all' }), { by, descending }),
        (row) => outcomeAt(outcomes, row).index,
      )
    expect(sorted('loss', false)).toEqual([10, 14, 12, 11, 13])
    expect(sorted('label', true)).toEqual([12, 14, 10, 11, 13])
    expect(sorted('correct', false)).toEqual([11, 12, 13, 10, 14])
  })

  it('keeps to one cell', () => {
    expect(indices({ kind: 'cell', cell: { label: 0, prediction: 1 } })).toEqual([13, 11])
    expect(indices({ kind: 'cell', cell: { label: 1, prediction: 1 } })).toEqual([14])
  })
})
