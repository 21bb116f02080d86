/** How large the pictures of a dataset were before they were made square. */

export interface PictureSize {
  width: number
  height: number
}

/** Pictures whose shorter side has `from` pixels or more, but fewer than `to`. */
export interface SizeBin {
  from: number
  to: number
  count: number
}

export interface OriginalSizes {
  /** By the shorter side, two to each doubling; from the first to the last that has pictures. */
  bins: SizeBin[]
  /** Shortest and longest of the shorter sides, in pixels; 0 where no size is known. */
  smallest: number
  largest: number
  /** Pictures that have fewer pixels on their shorter side than a record has. */
  enlarged: number
}

/** Lower ends of the bins: 1 and then half powers of two. */
function lowerEnd(bin: number): number {
  return bin === 0 ? 1 : Math.round(8 * 2 ** (bin / 2))
}

function binOf(side: number): number {
  let bin = 0
  while (lowerEnd(bin + 1) <= side) bin++
  return bin
}

/** @param recordSide of the prepared records, in pixels */
export function summariseSizes(pictures: Iterable<PictureSize>, recordSide: number): OriginalSizes {
  const counts: number[] = []
  let smallest = Infinity
  let largest = 0
  let enlarged = 0
  for (const { width, height } of pictures) {
    const side = Math.min(width, height)
    const bin = binOf(side)
    counts[bin] = (counts[bin] ?? 0) + 1
    smallest = Math.min(smallest, side)
    largest = Math.max(largest, side)
    if (side < recordSide) enlarged++
  }
  const first = Math.max(
    0,
    counts.findIndex((count) => count > 0),
  )
  const bins = Array.from({ length: counts.length - first }, (_, index): SizeBin => {
    const bin = first + index
    return { from: lowerEnd(bin), to: lowerEnd(bin + 1), count: counts[bin] ?? 0 }
  })
  return { bins, smallest: largest === 0 ? 0 : smallest, largest, enlarged }
}
