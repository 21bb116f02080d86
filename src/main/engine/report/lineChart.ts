import { html, nothing, type Html } from './html'
import { axisTicks } from './ticks'

/** Charts as inline SVG in the page's own colours, so that they follow light and dark. */

export interface ChartLine {
  name: string
  /** From left to right. */
  points: readonly (readonly [x: number, y: number])[]
  /** A custom property of the page's style, e.g. `accent`. */
  colour: string
  width: number
  opacity?: number
  dashed?: boolean
  /** Points without a line between them. */
  loose?: boolean
}

interface LineChart {
  /** What it shows, for those who don't see it. */
  label: string
  xName: string
  lines: readonly ChartLine[]
  /** Ends of the vertical axis; where absent, those of the values. */
  yLow?: number
  yHigh?: number
  width: number
  height: number
  formatX: (value: number) => string
  formatY: (value: number) => string
}

interface Frame {
  left: number
  right: number
  top: number
  bottom: number
  x: (value: number) => number
  y: (value: number) => number
}

const margins = { left: 56, right: 14, top: 26, bottom: 40 }

export function lineChart(chart: LineChart): Html {
  const lines = chart.lines.filter(({ points }) => points.length > 0)
  if (lines.length === 0) return nothing
  const frame = frameOf(chart, lines)
  return html`<svg viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-label="${chart.label}">
    ${axes(chart, lines, frame)}${lines.map((line) => drawnLine(line, frame))}${legend(lines, frame)}
  </svg>`
}

function ends(values: readonly number[]): [low: number, high: number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low > high ? [0, 1] : [low, high]
}

function xEnds(lines: readonly ChartLine[]): [low: number, high: number] {
  const [low, high] = ends(lines.flatMap(({ points }) => points.map(([x]) => x)))
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

function yEnds(chart: LineChart, lines: readonly ChartLine[]): [low: number, high: number] {
  const [lowest, highest] = ends(lines.flatMap(({ points }) => points.map(([, y]) => y)))
  const low = chart.yLow ?? lowest
  const high = chart.yHigh ?? highest
  return high > low ? [low, high] : [low - Math.max(1e-12, Math.abs(low) / 2), low + Math.max(1e-12, Math.abs(low) / 2)]
}

function frameOf(chart: LineChart, lines: readonly ChartLine[]): Frame {
  const left = margins.left
  const right = chart.width - margins.right
  const top = margins.top
  const bottom = chart.height - margins.bottom
  const [lowX, highX] = xEnds(lines)
  const [lowY, highY] = yEnds(chart, lines)
  return {
    left,
    right,
    top,
    bottom,
    x: (value) => left + ((value - lowX) / (highX - lowX)) * (right - left),
    y: (value) => bottom - ((value - lowY) / (highY - lowY)) * (bottom - top),
  }
}

function axes(chart: LineChart, lines: readonly ChartLine[], frame: Frame): Html {
  const { left, right, bottom } = frame
  const rows = axisTicks(...yEnds(chart, lines), chart.height > 220 ? 5 : 3).map((value) => {
    const y = place(frame.y(value))
    return html`<line x1="${left}" x2="${right}" y1="${y}" y2="${y}" stroke="var(--hairline)" />
      <text x="${left - 8}" y="${y}" dy="0.35em" text-anchor="end">${chart.formatY(value)}</text> `
  })
  const columns = axisTicks(...xEnds(lines), chart.width > 400 ? 8 : 5).map(
    (value) =>
      html`<text x="${place(frame.x(value))}" y="${bottom + 16}" text-anchor="middle">${chart.formatX(value)}</text> `,
  )
  const middle = (left + right) / 2
  return html`${rows}${columns}<text x="${middle}" y="${bottom + 34}" text-anchor="middle">${chart.xName}</text>`
}

function drawnLine(line: ChartLine, frame: Frame): Html {
  const colour = `var(--${line.colour})`
  const opacity = line.opacity ?? 1
  const points = line.points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
  if (line.loose === true || points.length === 1) {
    const dots = points.map(
      ([x, y]) =>
        html`<circle
          cx="${place(frame.x(x))}"
          cy="${place(frame.y(y))}"
          r="3.5"
          fill="${colour}"
          fill-opacity="${opacity}"
        /> `,
    )
    return html`<g>${dots}</g>`
  }
  const path = points.map(([x, y]) => `${place(frame.x(x))},${place(frame.y(y))}`).join(' ')
  const dashes = line.dashed === true ? '5 4' : 'none'
  return html`<polyline
    points="${path}"
    fill="none"
    stroke="${colour}"
    stroke-width="${line.width}"
    stroke-opacity="${opacity}"
    stroke-dasharray="${dashes}"
    stroke-linejoin="round"
  />`
}

/** Where there are several, their names above the chart. */
function legend(lines: readonly ChartLine[], frame: Frame): Html {
  if (lines.length < 2) return nothing
  let left = frame.left
  const entries = lines.map(({ name, colour, opacity = 1, width }) => {
    const start = left
    // About as wide as the words are in the page's font.
    left += 26 + name.length * 7
    return html`<line
        x1="${start}"
        x2="${start + 16}"
        y1="10"
        y2="10"
        stroke="var(--${colour})"
        stroke-width="${Math.max(2, width)}"
        stroke-opacity="${opacity}"
      /><text x="${start + 21}" y="10" dy="0.35em">${name}</text> `
  })
  return html`<g>${entries}</g>`
}

/** A tenth of a pixel is enough, and keeps the file small. */
function place(value: number): number {
  return Math.round(value * 10) / 10
}
