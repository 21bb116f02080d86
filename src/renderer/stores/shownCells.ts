import { useElementSize, useScroll } from '@vueuse/core'
import { computed, type ComputedRef, type Ref } from 'vue'
import { gridLayout, shownRange, type GridMeasures, type PositionRange } from './virtualGrid'

export interface ShownCell {
  position: number
  style: { width: string; transform: string }
}

/** The cells of a long grid that can be seen. */
export function useShownCells(
  scroller: Ref<HTMLElement | null>,
  canvas: Ref<HTMLElement | null>,
  total: () => number,
  measures: Omit<GridMeasures, 'width'>,
): { height: ComputedRef<number>; range: ComputedRef<PositionRange>; cells: ComputedRef<ShownCell[]> } {
  const { width } = useElementSize(canvas)
  const { height } = useElementSize(scroller)
  const { y: scrollTop } = useScroll(scroller)
  const layout = computed(() => gridLayout(total(), { ...measures, width: width.value }))
  const range = computed(() =>
    width.value === 0
      ? { from: 0, to: 0 }
      : shownRange(layout.value, { scrollTop: scrollTop.value, height: height.value }, total()),
  )
  const cells = computed(() => {
    const { columns, rowHeight } = layout.value
    const cellWidth = (width.value - measures.gap * (columns - 1)) / columns
    return Array.from({ length: range.value.to - range.value.from }, (_, place) => {
      const position = range.value.from + place
      const x = (position % columns) * (cellWidth + measures.gap)
      const y = Math.floor(position / columns) * rowHeight
      return { position, style: { width: `${cellWidth}px`, transform: `translate(${x}px, ${y}px)` } }
    })
  })
  return { height: computed(() => layout.value.height), range, cells }
}
