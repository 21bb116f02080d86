import { BarChart, CustomChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts'
import {
  DatasetComponent,
  DataZoomInsideComponent,
  GridComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
} from 'echarts/components'
import { use, type ComposeOption } from 'echarts/core'
import type { EChartsOption } from 'echarts'
import { CanvasRenderer } from 'echarts/renderers'
import type {
  BarSeriesOption,
  CustomSeriesOption,
  LineSeriesOption,
  ParallelSeriesOption,
  ScatterSeriesOption,
} from 'echarts/charts'
import type {
  DatasetComponentOption,
  DataZoomComponentOption,
  GridComponentOption,
  MarkLineComponentOption,
  TooltipComponentOption,
} from 'echarts/components'

use([
  LineChart,
  BarChart,
  ScatterChart,
  CustomChart,
  ParallelChart,
  ParallelComponent,
  DatasetComponent,
  GridComponent,
  TooltipComponent,
  MarkLineComponent,
  DataZoomInsideComponent,
  CanvasRenderer,
])

/** Parallel axes are joined by hand: composed with the rest, their type would let any key stand for an axis. */
export type ChartOption = ComposeOption<
  | LineSeriesOption
  | BarSeriesOption
  | ScatterSeriesOption
  | CustomSeriesOption
  | ParallelSeriesOption
  | GridComponentOption
  | TooltipComponentOption
  | MarkLineComponentOption
  | DataZoomComponentOption
  | DatasetComponentOption
> &
  Pick<EChartsOption, 'parallel' | 'parallelAxis'>
