/** The size of a picture with the given aspect whose longer side has so many pixels. */
export function aspectBox(width: number, height: number, longerSide: number): { width: number; height: number } {
  const scale = longerSide / Math.max(width, height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
