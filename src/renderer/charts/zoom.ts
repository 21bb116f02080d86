/** A part of an axis. */
export interface AxisRange {
  from: number
  to: number
}

/** Shares of the axis as the chart reports them, from 0 to 100; null when the event says none. */
export function zoomShares(event: unknown): { start: number; end: number } | null {
  if (typeof event !== 'object' || event === null) return null
  if ('batch' in event && Array.isArray(event.batch)) return zoomShares(event.batch[0])
  if (!('start' in event) || !('end' in event)) return null
  const { start, end } = event
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : null
}

/** The part of an axis that the shares stand for; null for all of it. */
export function zoomedRange(shares: { start: number; end: number }, axis: AxisRange): AxisRange | null {
  if (shares.start <= 0 && shares.end >= 100) return null
  const length = axis.to - axis.from
  return { from: axis.from + (length * shares.start) / 100, to: axis.from + (length * shares.end) / 100 }
}

/** Half or twice as much of the axis around the same middle; null when that is all of it. */
export function scaledRange(range: AxisRange | null, axis: AxisRange, factor: number): AxisRange | null {
  const { from, to } = range ?? axis
  const length = (to - from) * factor
  if (length >= axis.to - axis.from) return null
  const wanted = (from + to) / 2 - length / 2
  const start = Math.min(Math.max(wanted, axis.from), axis.to - length)
  return { from: start, to: start + length }
}
