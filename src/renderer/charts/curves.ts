import type { Point } from './thinning'
import type { AxisRange } from './zoom'

export interface Curve {
  name: string
  points: Point[]
  colour: string
  width: number
  opacity: number
  dashed: boolean
  /** Whether its name is written at the line's end. */
  labelled: boolean
  /** A letter or two that are written there instead. */
  endLabel?: string
  /** Markers, for curves of few points. */
  dots: boolean
}

/** A moment that is marked by an upright line. */
export interface CurveMark {
  x: number
  label: string
}

export interface CurveChart {
  curves: Curve[]
  marks: readonly CurveMark[]
  xName: string
  /** The axis ends here, so that it doesn't move while points arrive. */
  xMax: number | null
  xMin: number
  /** The part of the x axis that is shown; null for all. Undefined for a chart that isn't zoomed. */
  zoom?: AxisRange | null
  scale: 'linear' | 'log'
  /** Ends of the linear axis; null leaves them to the chart. */
  yMin: number | null
  yMax: number | null
  /** Distance of the grid lines; null leaves it to the chart. */
  yInterval: number | null
  compact: boolean
  /** How far from the pointer points are still told, in units of the x axis; half a unit when left out. */
  reach?: number
  formatY: (value: number) => string
  formatX: (value: number) => string
}
