/** Round numbers for an axis. */

const roundSteps = [1, 2, 2.5, 5, 10]

/** The round step that divides a range into about so many parts. */
function roundStep(span: number, parts: number): number {
  const rough = span / Math.max(1, parts)
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * (roundSteps.find((step) => step * power >= rough) ?? 10)
}

/** Multiples of a round step that lie within a range; the ends of one without width. */
export function axisTicks(low: number, high: number, parts: number): number[] {
  if (!(high > low)) return [low]
  const step = roundStep(high - low, parts)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // A product instead of a running sum, so that 0.3 is not 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}
