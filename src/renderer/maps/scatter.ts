/** A map of points: from their plane to the screen and back, without a page. */

export interface Size {
  width: number
  height: number
}

export interface ScreenPoint {
  x: number
  y: number
}

/** What part of the plane is shown; y grows upwards in the plane and downwards on the screen. */
export interface ScatterView {
  /** In the middle of the screen. */
  centreX: number
  centreY: number
  /** Pixels per unit. */
  scale: number
}

/** Room around the outermost points, in pixels. */
const margin = 16
const leastZoom = 0.5
const mostZoom = 200

/** The view that shows every point. @param points [n, 2] */
export function fittedView(points: Float32Array, { width, height }: Size): ScatterView {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let place = 0; place < points.length; place += 2) {
    const [x, y] = [points[place] ?? 0, points[place + 1] ?? 0]
    left = Math.min(left, x)
    right = Math.max(right, x)
    bottom = Math.min(bottom, y)
    top = Math.max(top, y)
  }
  if (left > right) return { centreX: 0, centreY: 0, scale: 1 }
  const room = (pixels: number) => Math.max(1, pixels - 2 * margin)
  // All points in one place: any scale shows them.
  const scale = Math.min(room(width) / (right - left), room(height) / (top - bottom))
  return { centreX: (left + right) / 2, centreY: (bottom + top) / 2, scale: Number.isFinite(scale) ? scale : 1 }
}

export function onScreen(
  points: Float32Array,
  point: number,
  { centreX, centreY, scale }: ScatterView,
  { width, height }: Size,
): ScreenPoint {
  return {
    x: width / 2 + ((points[2 * point] ?? 0) - centreX) * scale,
    y: height / 2 - ((points[2 * point + 1] ?? 0) - centreY) * scale,
  }
}

/** Zooms about a place of the screen, which stays where it is; within bounds about the fitted view. */
export function zoomedView(
  view: ScatterView,
  factor: number,
  at: ScreenPoint,
  { width, height }: Size,
  fitted: ScatterView,
): ScatterView {
  const scale = Math.min(fitted.scale * mostZoom, Math.max(fitted.scale * leastZoom, view.scale * factor))
  const moved = 1 / view.scale - 1 / scale
  return {
    scale,
    centreX: view.centreX + (at.x - width / 2) * moved,
    centreY: view.centreY - (at.y - height / 2) * moved,
  }
}

/** @param by in pixels: where the picture goes */
export function movedView(view: ScatterView, by: ScreenPoint): ScatterView {
  return { ...view, centreX: view.centreX - by.x / view.scale, centreY: view.centreY + by.y / view.scale }
}

/** The point nearest to a place of the screen, if one is within reach. @param points [n, 2] */
export function nearestPoint(
  points: Float32Array,
  view: ScatterView,
  size: Size,
  at: ScreenPoint,
  reach: number,
): number | null {
  let nearest: number | null = null
  let least = reach ** 2
  for (let point = 0; point < points.length / 2; point++) {
    const { x, y } = onScreen(points, point, view, size)
    const distance = (x - at.x) ** 2 + (y - at.y) ** 2
    if (distance > least) continue
    least = distance
    nearest = point
  }
  return nearest
}

/** Whether a place lies inside a closed outline, by the even–odd rule. */
function isInside(outline: readonly ScreenPoint[], { x, y }: ScreenPoint): boolean {
  let inside = false
  let previous = outline.at(-1)
  for (const corner of outline) {
    if (previous !== undefined && corner.y > y !== previous.y > y) {
      const crossing = previous.x + ((y - previous.y) / (corner.y - previous.y)) * (corner.x - previous.x)
      if (x < crossing) inside = !inside
    }
    previous = corner
  }
  return inside
}

/** The points that an outline on the screen goes around, ascending. @param points [n, 2] */
export function pointsInside(
  points: Float32Array,
  view: ScatterView,
  size: Size,
  outline: readonly ScreenPoint[],
): Uint32Array {
  const found: number[] = []
  for (let point = 0; point < points.length / 2; point++) {
    if (isInside(outline, onScreen(points, point, view, size))) found.push(point)
  }
  return Uint32Array.from(found)
}
