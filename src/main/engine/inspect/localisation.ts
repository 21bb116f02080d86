import type { LocalisationReport } from '@shared/contract/inspectRoutes'

/** How one map meets the object in its image. */
export interface Hit {
  /** Share of the map's mass on the object; the object's own share where the map has no mass. */
  massOnObject: number
  /** Whether the centre of the strongest patch lies on the object (the pointing game of Zhang et al., 2016, without tolerance). */
  pointsAtObject: boolean
  /** Share of the image that is the object. */
  objectShare: number
}

/**
 * @param map [gridSide, gridSide], not negative
 * @param mask [maskSide, maskSide], 1 on the object
 */
export function locate(map: Float32Array, gridSide: number, mask: Uint8Array, maskSide: number): Hit {
  const coverage = patchCoverage(mask, maskSide, gridSide)
  let mass = 0
  let onObject = 0
  let strongest = 0
  map.forEach((value, patch) => {
    mass += value
    onObject += value * (coverage[patch] ?? 0)
    if (value > (map[strongest] ?? 0)) strongest = patch
  })
  const objectShare = coverage.reduce((sum, share) => sum + share, 0) / coverage.length
  const centreOf = (index: number) => Math.floor(((index + 0.5) * maskSide) / gridSide)
  const centre = centreOf(Math.floor(strongest / gridSide)) * maskSide + centreOf(strongest % gridSide)
  return {
    massOnObject: mass > 0 ? onObject / mass : objectShare,
    pointsAtObject: mask[centre] === 1,
    objectShare,
  }
}

/** Share of each patch that the object covers, [gridSide²]; pixels on a border count for the patch of their centre. */
function patchCoverage(mask: Uint8Array, maskSide: number, gridSide: number): Float64Array {
  const covered = new Float64Array(gridSide * gridSide)
  const pixels = new Float64Array(gridSide * gridSide)
  mask.forEach((value, at) => {
    const row = Math.floor(((Math.floor(at / maskSide) + 0.5) * gridSide) / maskSide)
    const column = Math.floor((((at % maskSide) + 0.5) * gridSide) / maskSide)
    const patch = row * gridSide + column
    covered[patch] = (covered[patch] ?? 0) + value
    pixels[patch] = (pixels[patch] ?? 0) + 1
  })
  return covered.map((count, patch) => count / Math.max(1, pixels[patch] ?? 0))
}

export function localisationOf(hits: readonly Hit[]): LocalisationReport {
  const meanOf = (value: (hit: Hit) => number) => hits.reduce((sum, hit) => sum + value(hit), 0) / hits.length
  return {
    images: hits.length,
    massOnObject: meanOf((hit) => hit.massOnObject),
    pointingHits: meanOf((hit) => (hit.pointsAtObject ? 1 : 0)),
    objectShare: meanOf((hit) => hit.objectShare),
  }
}
