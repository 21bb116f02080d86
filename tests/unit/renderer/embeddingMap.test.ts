import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@shared/random'
import { classColours, groupedPoints } from '../../../src/renderer/maps/pointGroups'
import {
  fittedView,
  movedView,
  nearestPoint,
  onScreen,
  pointsInside,
  zoomedView,
} from '../../../src/renderer/maps/scatter'
import { nearestNeighbours } from '../../../src/renderer/maps/umap/neighbours'
import { umapLayout, type UmapProgress, type UmapSettings } from '../../../src/renderer/maps/umap/umapLayout'

const size = { width: 400, height: 300 }
const square = Float32Array.from([0, 0, 10, 0, 10, 10, 0, 10])

/** Runs a generator to its end. */
function finish<Y, R>(work: Generator<Y, R>): { told: Y[]; result: R } {
  const told: Y[] = []
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return { told, result: step.value }
    told.push(step.value)
  }
}

describe('the view of a map', () => {
  it('shows every point, the plane upright', () => {
    const view = fittedView(square, size)
    expect(onScreen(square, 0, view, size)).toEqual({ x: 66, y: 284 })
    expect(onScreen(square, 2, view, size)).toEqual({ x: 334, y: 16 })
    expect(fittedView(new Float32Array(0), size).scale).toBe(1)
    expect(fittedView(Float32Array.from([3, 4, 3, 4]), size)).toEqual({ centreX: 3, centreY: 4, scale: 1 })
  })

  it('keeps what is under the pointer there while it zooms', () => {
    const view = fittedView(square, size)
    const place = fc.record({ x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 300 }) })
    fc.assert(
      fc.property(place, fc.double({ min: 0.6, max: 3, noNaN: true }), (at, factor) => {
        const zoomed = zoomedView(view, factor, at, size, view)
        const planeX = view.centreX + (at.x - 200) / view.scale
        const planeY = view.centreY - (at.y - 150) / view.scale
        expect(zoomed.centreX + (at.x - 200) / zoomed.scale).toBeCloseTo(planeX, 6)
        expect(zoomed.centreY - (at.y - 150) / zoomed.scale).toBeCloseTo(planeY, 6)
      }),
    )
    expect(zoomedView(view, 1e9, { x: 0, y: 0 }, size, view).scale).toBe(view.scale * 200)
  })

  it('moves with the pointer', () => {
    const view = fittedView(square, size)
    const before = onScreen(square, 1, view, size)
    const after = onScreen(square, 1, movedView(view, { x: 30, y: -12 }), size)
    expect([after.x - before.x, after.y - before.y].map((pixels) => Math.round(pixels * 1e6) / 1e6)).toEqual([30, -12])
  })

  it('finds the nearest point within reach, and those inside an outline that may turn inwards', () => {
    const view = fittedView(square, size)
    expect(nearestPoint(square, view, size, { x: 70, y: 280 }, 8)).toBe(0)
    expect(nearestPoint(square, view, size, { x: 200, y: 150 }, 8)).toBeNull()
    const left = [
      { x: 0, y: 0 },
      { x: 200, y: 0 },
      { x: 200, y: 300 },
      { x: 0, y: 300 },
    ]
    expect([...pointsInside(square, view, size, left)]).toEqual([0, 3])
    // The whole plane but for a notch around the point at the bottom right.
    const notched = [
      { x: 0, y: 0 },
      { x: 400, y: 0 },
      { x: 400, y: 200 },
      { x: 300, y: 200 },
      { x: 300, y: 300 },
      { x: 0, y: 300 },
    ]
    expect([...pointsInside(square, view, size, notched)]).toEqual([0, 2, 3])
    expect(pointsInside(square, view, size, [])).toHaveLength(0)
  })
})

describe('nearestNeighbours', () => {
  it('finds what sorting all distances finds, itself first', () => {
    const [count, width, wanted] = [60, 3, 7]
    const random = new SeededRandom(4)
    const points = Float32Array.from({ length: count * width }, () => random.normal())
    const { told, result } = finish(nearestNeighbours(points, count, width, wanted))
    const distance = (a: number, b: number) =>
      Math.hypot(...[0, 1, 2].map((k) => (points[a * width + k] ?? 0) - (points[b * width + k] ?? 0)))
    for (let point = 0; point < count; point++) {
      const others = Array.from({ length: count }, (_, other) => other)
      const nearest = others.sort((a, b) => distance(point, a) - distance(point, b)).slice(0, wanted)
      const row = result.indices.subarray(point * wanted, (point + 1) * wanted)
      expect([...row]).toEqual(nearest)
      nearest.forEach((other, place) =>
        expect(result.distances[point * wanted + place]).toBeCloseTo(distance(point, other), 6),
      )
    }
    expect(told.every((share) => share >= 0 && share <= 1)).toBe(true)
  })

  it('counts a point among its own where others lie on the same spot', () => {
    const { result } = finish(nearestNeighbours(new Float32Array(8), 4, 2, 2))
    expect([0, 1, 2, 3].map((point) => result.indices[2 * point])).toEqual([0, 1, 2, 3])
    expect([...result.distances]).toEqual(new Array(8).fill(0))
  })
})

describe('umapLayout', () => {
  const settings: UmapSettings = { neighbours: 10, minDist: 0.1, seed: 3 }
  const [groups, each, width] = [3, 20, 8]
  const random = new SeededRandom(9)
  const points = Float32Array.from({ length: groups * each * width }, (_, place) => {
    const group = Math.floor(place / (each * width))
    return random.normal() + (place % width === group ? 30 : 0)
  })

  it('keeps groups together and apart from each other, and tells how far it is', () => {
    const { told, result } = finish(umapLayout(points, width, settings))
    expect(result).toHaveLength(groups * each * 2)
    const { result: near } = finish(nearestNeighbours(result, groups * each, 2, 6))
    for (let point = 0; point < groups * each; point++) {
      const row = [...near.indices.subarray(point * 6, (point + 1) * 6)]
      expect(new Set(row.map((other) => Math.floor(other / each)))).toEqual(new Set([Math.floor(point / each)]))
    }
    const stages = [...new Set(told.map(({ stage }: UmapProgress) => stage))]
    expect(stages).toEqual(['Finding neighbours', 'Linking neighbours', 'Placing the images'])
    expect(told.at(-1)?.share).toBe(1)
  })

  it('gives the same map for the same seed, another for another', () => {
    const map = (seed: number) => finish(umapLayout(points, width, { ...settings, seed })).result
    const first = map(3)
    expect(map(3)).toEqual(first)
    expect(map(4)).not.toEqual(first)
  })

  it('takes fewer points than neighbours, and says when there are too few', () => {
    const few = points.subarray(0, 6 * width)
    expect(finish(umapLayout(few, width, settings)).result.every(Number.isFinite)).toBe(true)
    expect(() => finish(umapLayout(points.subarray(0, 4 * width), width, settings))).toThrow(RangeError)
  })
})

describe('groupedPoints', () => {
  // index, label, prediction, label's probability, prediction's probability, loss
  const outcomes = {
    shape: [3, 6],
    values: Float32Array.from([10, 0, 0, 1, 1, 0, 11, 0, 1, 1, 1, 0, 12, 1, 1, 1, 1, 0]),
  }
  const colours = { correct: 'grey', error: 'red', isDark: false }

  it.each([
    ['label', [1, 0], [1, 1]],
    ['prediction', [1, 1], [0, 2]],
    ['error', [0, 1], [1, 1]],
  ] as const)('puts the points in groups by %s', (by, groupOf, counts) => {
    const grouped = groupedPoints(outcomes, Int32Array.from([2, 1]), by, ['a', 'b'], colours)
    expect([...grouped.groupOf]).toEqual(groupOf)
    expect(grouped.groups.map(({ count }) => count)).toEqual(counts)
  })

  it('has a colour for each of a thousand classes', () => {
    expect(new Set(classColours(1000, true)).size).toBe(1000)
    expect(classColours(3, true)).toEqual(classColours(3, false))
  })
})
