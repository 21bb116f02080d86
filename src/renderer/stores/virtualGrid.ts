/** Which part of a long grid has to be there: arithmetic without a page. */

export interface GridLayout {
  columns: number
  rowHeight: number
  /** Of the whole grid, seen and unseen. */
  height: number
}

export interface GridMeasures {
  width: number
  /** The least width of a cell without its gap. */
  cellWidth: number
  gap: number
  /** Height below the square picture. */
  captionHeight: number
}

/** Cells fill the width in as many columns as fit. */
export function gridLayout(total: number, { width, cellWidth, gap, captionHeight }: GridMeasures): GridLayout {
  const columns = Math.max(1, Math.floor((width + gap) / (cellWidth + gap)))
  const pictureSide = Math.max(0, (width - gap * (columns - 1)) / columns)
  const rowHeight = pictureSide + captionHeight + gap
  return { columns, rowHeight, height: Math.ceil(total / columns) * rowHeight }
}

export interface PositionRange {
  from: number
  /** One past the last. */
  to: number
}

/** Positions that can be seen, and a few rows around them. */
export function shownRange(
  { columns, rowHeight }: GridLayout,
  view: { scrollTop: number; height: number },
  total: number,
): PositionRange {
  if (rowHeight <= 0) return { from: 0, to: 0 }
  const rowsAround = 2
  const firstRow = Math.max(0, Math.floor(view.scrollTop / rowHeight) - rowsAround)
  const lastRow = Math.ceil((view.scrollTop + view.height) / rowHeight) + rowsAround
  return { from: Math.min(firstRow * columns, total), to: Math.min(lastRow * columns, total) }
}

/** Numbers of the blocks that hold a range; the first block has number 0. */
export function blocksOf({ from, to }: PositionRange, blockSize: number): number[] {
  if (to <= from) return []
  const first = Math.floor(from / blockSize)
  const last = Math.floor((to - 1) / blockSize)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
