import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import '../charts/registerCharts'
import type { ChartOption } from '../charts/registerCharts'

use([SVGRenderer])

/** How large a chart is drawn, in CSS pixels, and on what. */
export interface ChartSheet {
  width: number
  height: number
  background: string
}

/** The chart as a drawing, by the renderer that makes vectors. */
export function chartSvg(option: ChartOption, { width, height, background }: ChartSheet): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ ...option, animation: false, backgroundColor: background })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

/** The chart on a canvas of its own. @param scale pixels of the canvas per CSS pixel */
export function chartCanvas(option: ChartOption, sheet: ChartSheet, scale: number): HTMLCanvasElement {
  const { width, height, background } = sheet
  const holder = document.createElement('div')
  const chart = init(holder, null, { renderer: 'canvas', width, height, devicePixelRatio: scale })
  try {
    chart.setOption({ ...option, animation: false, backgroundColor: background })
    return chart.renderToCanvas({ pixelRatio: scale, backgroundColor: background })
  } finally {
    chart.dispose()
  }
}
