/**
 * The ten shapes as signed distances: negative inside, zero on the edge, in units where the longer
 * side of a shape's bounding box is 2 and its middle is the origin (y points down).
 */
export interface Outline {
  distance(x: number, y: number): number
  /** Points whose bounding box is the shape's, however it is turned. */
  readonly hull: readonly Point[]
}

export type Point = readonly [x: number, y: number]

const turn = 2 * Math.PI

function regularPoints(count: number, radiusOf: (index: number) => number, start: number): Point[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = start + (turn * index) / count
    return [radiusOf(index) * Math.cos(angle), radiusOf(index) * Math.sin(angle)]
  })
}

/** Moves and scales points to a bounding box whose longer side is 2, around the origin. */
function fitted(points: readonly Point[]): Point[] {
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  const scale = 2 / Math.max(right - left, bottom - top)
  return points.map(([x, y]) => [(x - (left + right) / 2) * scale, (y - (top + bottom) / 2) * scale])
}

/**
 * Distance to the nearest edge; a point is inside when a ray to the right crosses an odd number of
 * edges. Millions of these are asked for, so the edges lie flat in one array.
 */
function polygon(points: readonly Point[]): Outline {
  const hull = fitted(points)
  const edges = Float64Array.from(
    hull.flatMap((from, index) => {
      const to = hull[(index + 1) % hull.length] ?? from
      const [alongX, alongY] = [to[0] - from[0], to[1] - from[1]]
      return [from[0], from[1], alongX, alongY, 1 / (alongX * alongX + alongY * alongY)]
    }),
  )
  const distance = (x: number, y: number) => {
    let nearest = Infinity
    let inside = false
    for (let edge = 0; edge < edges.length; edge += 5) {
      const offsetX = x - (edges[edge] ?? 0)
      const offsetY = y - (edges[edge + 1] ?? 0)
      const alongX = edges[edge + 2] ?? 0
      const alongY = edges[edge + 3] ?? 0
      const share = (offsetX * alongX + offsetY * alongY) * (edges[edge + 4] ?? 0)
      const clamped = share < 0 ? 0 : share > 1 ? 1 : share
      const missX = offsetX - alongX * clamped
      const missY = offsetY - alongY * clamped
      const squared = missX * missX + missY * missY
      if (squared < nearest) nearest = squared
      const crosses = offsetY < 0 !== offsetY < alongY
      if (crosses && offsetX < (alongX * offsetY) / alongY) inside = !inside
    }
    return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest)
  }
  return { distance, hull }
}

const circlePoints = regularPoints(64, () => 1, 0)
const circle: Outline = { distance: (x, y) => Math.hypot(x, y) - 1, hull: circlePoints }

const ringWidth = 0.34
const ring: Outline = {
  distance: (x, y) => Math.abs(Math.hypot(x, y) - (1 - ringWidth / 2)) - ringWidth / 2,
  hull: circlePoints,
}

/** A disc with a smaller one, moved to the right, taken away. */
const moon: Outline = {
  distance: (x, y) => Math.max(Math.hypot(x, y) - 1, 0.8 - Math.hypot(x - 0.5, y)),
  hull: circlePoints,
}

const square = polygon([
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
])

const triangle = polygon(regularPoints(3, () => 1, -turn / 4))

const star = polygon(regularPoints(10, (index) => (index % 2 === 0 ? 1 : 0.42), -turn / 4))

const diamond = polygon([
  [0, -1],
  [0.68, 0],
  [0, 1],
  [-0.68, 0],
])

const arm = 0.32
const cross = polygon([
  [-arm, -1],
  [arm, -1],
  [arm, -arm],
  [1, -arm],
  [1, arm],
  [arm, arm],
  [arm, 1],
  [-arm, 1],
  [-arm, arm],
  [-1, arm],
  [-1, -arm],
  [-arm, -arm],
])

const arrow = polygon([
  [-1, -0.27],
  [0.1, -0.27],
  [0.1, -0.8],
  [1, 0],
  [0.1, 0.8],
  [0.1, 0.27],
  [-1, 0.27],
])

/** Two arcs above and a tip below, as one closed curve in the angle from its upper notch. */
const heart = polygon(
  Array.from({ length: 40 }, (_, index): Point => {
    const angle = (turn * index) / 40
    const x = 16 * Math.sin(angle) ** 3
    const y = 13 * Math.cos(angle) - 5 * Math.cos(2 * angle) - 2 * Math.cos(3 * angle) - Math.cos(4 * angle)
    return [x, -y]
  }),
)

export const shapeOutlines = { arrow, circle, cross, diamond, heart, moon, ring, square, star, triangle } as const

export type ShapeName = keyof typeof shapeOutlines

export const shapeNames = [
  'arrow',
  'circle',
  'cross',
  'diamond',
  'heart',
  'moon',
  'ring',
  'square',
  'star',
  'triangle',
] as const satisfies readonly ShapeName[]
