import type { ChartOption } from '../charts/registerCharts'
import { chartArray, chartCsv } from './chartNumbers'
import { csvFile, type NumberArray } from './numberFiles'
import type { Scene } from './scene'
import { sceneCanvas } from './sceneCanvas'
import { sceneSvg } from './sceneSvg'
import type { ChartSheet } from './chartFiles'

/** A figure as files: how it looks, and its numbers. */
export interface ExportFigure {
  /** @param scale pixels of the canvas per CSS pixel */
  canvas(scale: number): HTMLCanvasElement | Promise<HTMLCanvasElement>
  svg(): string | Promise<string>
  array(): NumberArray
  csv(): string
}

export function sceneFigure(scene: () => Scene, array: () => NumberArray): ExportFigure {
  return {
    canvas: (scale) => sceneCanvas(scene(), scale),
    svg: () => sceneSvg(scene()),
    array,
    csv: () => csvFile(array()),
  }
}

/** Charts are drawn again for their file; the renderer of vectors is loaded when it is first needed. */
export function chartFigure(option: ChartOption, sheet: ChartSheet): ExportFigure {
  return {
    canvas: async (scale) => (await import('./chartFiles')).chartCanvas(option, sheet, scale),
    svg: async () => (await import('./chartFiles')).chartSvg(option, sheet),
    array: () => chartArray(option),
    csv: () => chartCsv(option),
  }
}
