import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@shared/random'
import { principalComponents, totalVariance } from '@engine/inspect/pca'
import { leadingEigenpairs } from '@engine/inspect/symmetricEigen'

function randomRows(rowCount: number, values: number, seed: number): Float32Array {
  const random = new SeededRandom(seed)
  return Float32Array.from({ length: rowCount * values }, () => random.normal())
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, entry, i) => sum + entry * (b[i] ?? 0), 0)
}

it('the variances of all components add up to that of the rows', () => {
  for (const [rowCount, values] of [
    [12, 5],
    [5, 12],
  ] as const) {
    const rows = randomRows(rowCount, values, 3)
    const { explainedVariance } = principalComponents(rows, rowCount, values, values)
    const together = explainedVariance.reduce((sum, variance) => sum + variance, 0)
    expect(together).toBeCloseTo(totalVariance(rows, rowCount), 6)
  }
})

describe('principalComponents', () => {
  it('gives back the rows when all components are kept', () => {
    const bank = fc.record({
      rowCount: fc.integer({ min: 2, max: 12 }),
      values: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(bank, ({ rowCount, values, seed }) => {
        const rows = randomRows(rowCount, values, seed)
        const { components, count } = principalComponents(rows, rowCount, values, values)
        const mean = Array.from({ length: values }, (_, k) => {
          return (
            Array.from({ length: rowCount }, (_, r) => rows[r * values + k] ?? 0).reduce((a, b) => a + b) / rowCount
          )
        })
        for (let r = 0; r < rowCount; r++) {
          const centred = mean.map((entry, k) => (rows[r * values + k] ?? 0) - entry)
          const rebuilt = new Array<number>(values).fill(0)
          for (let c = 0; c < count; c++) {
            const component = components.subarray(c * values, (c + 1) * values)
            const score = dot(centred, component)
            component.forEach((entry, k) => (rebuilt[k] = (rebuilt[k] ?? 0) + score * entry))
          }
          rebuilt.forEach((entry, k) => expect(entry).toBeCloseTo(centred[k] ?? NaN, 4))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('gives orthonormal components, largest variance first', () => {
    const { components, explainedVariance, count } = principalComponents(randomRows(40, 27, 5), 40, 27, 10)
    expect(count).toBe(10)
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) {
        const product = dot(components.subarray(a * 27, (a + 1) * 27), components.subarray(b * 27, (b + 1) * 27))
        expect(product).toBeCloseTo(a === b ? 1 : 0, 5)
      }
    }
    expect(explainedVariance).toEqual([...explainedVariance].sort((a, b) => b - a))
  })

  it('leaves out directions that the rows do not span', () => {
    const rows = Float32Array.of(1, 0, 2, 0, 3, 0, 7, 0)
    const { components, count } = principalComponents(rows, 4, 2, 2)
    expect(count).toBe(1)
    expect([...components]).toEqual([1, 0])
    expect(principalComponents(new Float32Array(12), 4, 3, 3).count).toBe(0)
  })

  it('takes the filters of S/32 without gaps between their variances', () => {
    const { components, count } = principalComponents(randomRows(384, 3072, 1), 384, 3072, 28)
    expect(count).toBe(28)
    expect(dot(components.subarray(0, 3072), components.subarray(27 * 3072))).toBeCloseTo(0, 5)
  })
})

describe('leadingEigenpairs', () => {
  it('finds a whole orthonormal basis for equal eigenvalues', () => {
    const size = 9
    const matrix = new Float64Array(size * size)
    for (let i = 0; i < size; i++) matrix[i * size + i] = i < 4 ? 3 : 1
    const pairs = leadingEigenpairs(matrix.slice(), size, size)
    expect(pairs.map((pair) => Number(pair.value.toFixed(12)))).toEqual([3, 3, 3, 3, 1, 1, 1, 1, 1])
    for (const [index, { value, vector }] of pairs.entries()) {
      vector.forEach((entry, i) => expect((matrix[i * size + i] ?? 0) * entry).toBeCloseTo(value * entry, 10))
      for (const other of pairs.slice(0, index)) expect(dot(vector, other.vector)).toBeCloseTo(0, 10)
    }
  })
})
