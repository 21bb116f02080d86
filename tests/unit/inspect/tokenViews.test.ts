import { expect, it } from 'vitest'
import { SeededRandom } from '@shared/random'
import { componentScores } from '@engine/inspect/componentScores'
import { highNormTokens, tokenViews } from '@engine/inspect/tokenViews'

it('marks the norms that stand out, and none of an even spread', () => {
  const random = new SeededRandom(4)
  const norms = Float32Array.from({ length: 196 }, () => random.normal(20, 2))
  expect(highNormTokens(norms)).toEqual([])
  norms[7] = 90
  norms[120] = 75
  expect(highNormTokens(norms)).toEqual([7, 120])
  expect(highNormTokens(new Float32Array(10).fill(3))).toEqual([])
})

it('gives scores that keep the distances of points in a plane, and no third component', () => {
  const points = [
    [0, 0],
    [4, 0],
    [0, 3],
    [5, 5],
  ] as const
  const rows = Float32Array.from(points.flatMap(([x, y]) => [x, y, 1, -x]))
  const { scores, explainedShares } = componentScores(rows, 4, 4)
  const between = (a: number, b: number) =>
    Math.hypot(...[0, 1, 2].map((k) => (scores[a * 3 + k] ?? NaN) - (scores[b * 3 + k] ?? NaN)))
  expect(between(0, 1)).toBeCloseTo(Math.hypot(4, 4), 4)
  expect(between(0, 2)).toBeCloseTo(3, 4)
  expect(explainedShares[0] ?? NaN).toBeGreaterThan(explainedShares[1] ?? NaN)
  expect((explainedShares[0] ?? NaN) + (explainedShares[1] ?? NaN)).toBeCloseTo(1, 6)
  expect(explainedShares[2]).toBe(0)
})

it('leaves the tokens in front of the patches out', () => {
  const tokens = Float32Array.of(9, 9, 9, 9, 1, 0, 0, 2, 3, 0)
  const views = tokenViews([tokens], 0, 2, 2)
  expect([...views.norms]).toEqual([1, 2, 3])
  expect([...views.similarity]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1])
  expect(views.meanSimilarities[0]).toBeCloseTo(1 / 3, 6)
})
