import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { confusionMatrix, evaluationFigures } from '@engine/evaluate/metrics'
import { emptyOutcomes, logProbabilities, noteOutcome, type Outcomes } from '@engine/evaluate/outcomes'
import { readNpy } from '@engine/formats/npy'
import { goldenArray, goldenJson, goldenPath, largestDifference } from './fixture'

/** Figures of an evaluation against scikit-learn's on the same logits; see scripts/golden/metrics.py. */

const numbers = z.array(z.number())
const expectedSchema = z.record(
  z.string(),
  z.object({
    loss: z.number(),
    accuracy: z.number(),
    top5: z.number(),
    balancedAccuracy: z.number(),
    macro: numbers,
    weighted: numbers,
    perClass: z.tuple([numbers, numbers, numbers, numbers]),
    confusion: z.array(numbers),
    calibration: z.object({
      counts: numbers,
      accuracies: numbers,
      confidences: numbers,
      expectedError: z.number(),
      largestError: z.number(),
    }),
  }),
)

const tolerance = 1e-12

/** Rows of all views, with the first `classes` columns. */
async function outcomesOf(views: readonly string[], classes: number, labelOf: (label: number) => number) {
  const { data: labels } = await readNpy(goldenPath('metrics/labels.npy'))
  const arrays = await Promise.all(views.map((name) => goldenArray(`metrics/${name}.npy`)))
  const outcomes: Outcomes = emptyOutcomes(labels.length)
  for (let image = 0; image < labels.length; image++) {
    const rows = arrays.map(({ data, shape: [, width = 0] }) => data.subarray(image * width, image * width + classes))
    noteOutcome(outcomes, image, labelOf(labels[image] ?? 0), logProbabilities(rows))
  }
  return outcomes
}

describe.each([
  ['one view', ['logits'], 12, (label: number) => label],
  ['mean of two views', ['logits', 'mirrored'], 12, (label: number) => label],
  ['two classes', ['logits'], 2, (label: number) => label % 2],
] as const)('metrics of %s', (name, views, classes, labelOf) => {
  it("are scikit-learn's", async () => {
    const expected = expectedSchema.parse(await goldenJson('metrics/expected.json'))[name]
    if (expected === undefined) throw new Error(`no case ${name}`)
    const outcomes = await outcomesOf(views, classes, labelOf)
    const confusion = confusionMatrix(outcomes, classes)
    const figures = evaluationFigures(outcomes, confusion, classes)
    expect(Array.from(confusion)).toEqual(expected.confusion.flat())
    for (const key of ['loss', 'accuracy', 'top5', 'balancedAccuracy'] as const) {
      expect(Math.abs(figures[key] - expected[key]), key).toBeLessThan(tolerance)
    }
    for (const average of ['macro', 'weighted'] as const) {
      const { precision, recall, f1 } = figures[average]
      expect(largestDifference([precision, recall, f1], expected[average]), average).toBeLessThan(tolerance)
    }
    for (const [index, key] of (['precision', 'recall', 'f1', 'support'] as const).entries()) {
      const found = figures.perClass.map((entry) => entry[key])
      expect(largestDifference(found, expected.perClass[index] ?? []), key).toBeLessThan(tolerance)
    }
    const { bins, expectedError, largestError } = figures.calibration
    const filled = bins.filter(({ count }) => count > 0)
    expect(bins.map(({ count }) => count)).toEqual(expected.calibration.counts)
    expect(
      largestDifference(
        filled.map(({ accuracy }) => accuracy ?? NaN),
        expected.calibration.accuracies,
      ),
    ).toBeLessThan(tolerance)
    expect(
      largestDifference(
        filled.map(({ confidence }) => confidence ?? NaN),
        expected.calibration.confidences,
      ),
    ).toBeLessThan(tolerance)
    expect(Math.abs(expectedError - expected.calibration.expectedError)).toBeLessThan(tolerance)
    expect(Math.abs(largestError - expected.calibration.largestError)).toBeLessThan(tolerance)
  })
})
