/** Where the patches of an image are while it falls apart. */

export interface Place {
  x: number
  y: number
}

export interface PatchLayout {
  /** Side of one patch on the screen. */
  patchSize: number
  gap: number
}

/** Place of a patch between the whole image (`apart` 0) and the grid with gaps (`apart` 1). */
export function gridPlace(index: number, side: number, layout: PatchLayout, apart: number): Place {
  const step = layout.patchSize + layout.gap * apart
  const inset = (layout.gap * (side - 1) * (1 - apart)) / 2
  return { x: inset + (index % side) * step, y: inset + Math.floor(index / side) * step }
}

/** Side of the square that the grid with gaps needs. */
export function gridExtent(side: number, layout: PatchLayout): number {
  return side * layout.patchSize + (side - 1) * layout.gap
}

/** Patch size so that the grid with its gaps fills an extent. */
export function layoutFor(side: number, extent: number): PatchLayout {
  const gap = Math.max(2, Math.min(8, extent / side / 8))
  return { gap, patchSize: Math.max(1, (extent - (side - 1) * gap) / side) }
}

/** Slow at both ends (cubic). */
export function eased(time: number): number {
  return time < 0.5 ? 4 * time ** 3 : 1 - (-2 * time + 2) ** 3 / 2
}
