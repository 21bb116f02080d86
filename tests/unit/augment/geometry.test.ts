import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boxOf } from '@engine/data/cropBox'
import { composedMatrix, identityMatrix, matrixOf, multiplyMatrices, transformOf } from '@engine/data/augment/geometry'
import type { GeometricOperation } from '@engine/data/augment/operations'

const size = { height: 40, width: 60 }

/** Where a place in the result is seen in the source. */
function seenAt(operations: readonly GeometricOperation[], x: number, y: number): [number, number] {
  const m = composedMatrix(operations, size)
  const depth = m[6] * x + m[7] * y + m[8]
  return [(m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth]
}

function expectPlace(found: readonly number[], [x, y]: readonly [number, number]) {
  expect(found[0]).toBeCloseTo(x, 8)
  expect(found[1]).toBeCloseTo(y, 8)
}

describe('warps', () => {
  it('turn anticlockwise about the centre', () => {
    // What is at the middle of the top edge came from the right of the centre.
    expectPlace(seenAt([{ op: 'rotate', degrees: 90 }], 30, 0), [50, 20])
    expectPlace(seenAt([{ op: 'rotate', degrees: 33 }], 30, 20), [30, 20])
  })

  it('bring start points to end points', () => {
    const startPoints: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [59, 0],
      [59, 39],
      [0, 39],
    ]
    const endPoints: typeof startPoints = [
      [5, 3],
      [55, 1],
      [58, 36],
      [2, 39],
    ]
    endPoints.forEach(([x, y], corner) => {
      expectPlace(seenAt([{ op: 'perspective', startPoints, endPoints }], x, y), startPoints[corner] ?? [0, 0])
    })
  })

  it('compose in the order in which they are applied, with the size after a crop', () => {
    const crop: GeometricOperation = { op: 'resizedCrop', top: 4, left: 10, height: 20, width: 30, size: [10, 10] }
    expectPlace(seenAt([crop], 0, 0), [10, 4])
    expectPlace(seenAt([crop], 10, 10), [40, 24])
    // The flip mirrors the ten columns of the result, not the source's.
    expectPlace(seenAt([crop, { op: 'horizontalFlip' }], 0, 0), [40, 4])
    expectPlace(seenAt([crop, { op: 'verticalFlip' }], 0, 0), [10, 24])
    expectPlace(seenAt([{ op: 'horizontalFlip' }, crop], 0, 0), [50, 4])
  })

  it('undo each other', () => {
    fc.assert(
      fc.property(fc.double({ min: -180, max: 180, noNaN: true }), fc.integer({ min: -20, max: 20 }), (degrees, x) => {
        const there = matrixOf({ op: 'translate', x, y: 2 * x }, size)
        const back = matrixOf({ op: 'translate', x: -x, y: -2 * x }, size)
        const turned = multiplyMatrices(
          multiplyMatrices(there, matrixOf({ op: 'rotate', degrees }, size)),
          multiplyMatrices(matrixOf({ op: 'rotate', degrees: -degrees }, size), back),
        )
        turned.forEach((value, cell) => expect(value).toBeCloseTo(identityMatrix[cell] ?? 0, 9))
      }),
    )
  })

  it('of nothing leave pixel indices alone', () => {
    expect([...transformOf(identityMatrix)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0])
  })
})

describe('crop boxes', () => {
  const box = (operations: readonly GeometricOperation[]) =>
    boxOf(composedMatrix(operations, { height: 64, width: 64 }), 64, 32)

  it('have the first and the last pixel of the crop, mirrored by a flip', () => {
    const whole: GeometricOperation = { op: 'resizedCrop', top: 0, left: 0, height: 64, width: 64, size: [32, 32] }
    const part: GeometricOperation = { op: 'resizedCrop', top: 7, left: 14, height: 43, width: 22, size: [32, 32] }
    expect(box([whole])).toEqual([0, 0, 1, 1])
    expect(box([whole, { op: 'horizontalFlip' }])).toEqual([0, 1, 1, 0])
    const pixels = (operations: readonly GeometricOperation[]) =>
      box(operations).map((place) => Math.round(place * 63 * 1e6) / 1e6)
    expect(pixels([part])).toEqual([7, 14, 49, 35])
    expect(pixels([part, { op: 'verticalFlip' }])).toEqual([49, 14, 7, 35])
  })
})
