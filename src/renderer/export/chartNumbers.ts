import { z } from 'zod'
import { csvLine } from '@shared/csv'
import type { ChartOption } from '../charts/registerCharts'
import type { NumberArray } from './numberFiles'

/** The numbers of a chart, read from what it is drawn from. */

const pointSchema = z.union([
  z.number().transform((y) => ({ x: null, y })),
  z.tuple([z.number(), z.number()], z.unknown()).transform(([x, y]) => ({ x, y })),
  z.object({ value: z.number() }).transform(({ value }) => ({ x: null, y: value })),
  z.object({ value: z.tuple([z.number(), z.number()], z.unknown()) }).transform(({ value: [x, y] }) => ({ x, y })),
])

const seriesSchema = z.object({
  name: z.union([z.string(), z.number()]).default(''),
  data: z.array(z.unknown()).default([]),
  datasetIndex: z.int().optional(),
})

/** x and y in turn, as the curves hand them over. */
const datasetSchema = z.object({ source: z.instanceof(Float64Array) })

const axisSchema = z.object({ data: z.array(z.union([z.string(), z.number()])) })

interface ChartPoint {
  series: number
  name: string
  x: number
  y: number
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

function pairsOf(data: readonly unknown[]): [x: number, y: number][] {
  return data.flatMap((entry, index): [number, number][] => {
    const point = pointSchema.safeParse(entry)
    return point.success ? [[point.data.x ?? index, point.data.y]] : []
  })
}

function datasetPairs(dataset: unknown): [x: number, y: number][] {
  const parsed = datasetSchema.safeParse(dataset)
  if (!parsed.success) return []
  const { source } = parsed.data
  return Array.from({ length: source.length / 2 }, (_, point) => [
    source[2 * point] ?? NaN,
    source[2 * point + 1] ?? NaN,
  ])
}

function pointsOf(option: ChartOption): ChartPoint[] {
  const datasets = listOf(option.dataset)
  return listOf(option.series).flatMap((given, series) => {
    const parsed = seriesSchema.safeParse(given)
    if (!parsed.success) return []
    const { name, data, datasetIndex } = parsed.data
    const pairs = datasetIndex === undefined ? pairsOf(data) : datasetPairs(datasets[datasetIndex])
    return pairs.map(([x, y]) => ({ series, name: String(name), x, y }))
  })
}

/** Names along a horizontal axis of categories; empty for one of numbers. */
function categoriesOf(option: ChartOption): (string | number)[] {
  const parsed = axisSchema.safeParse(listOf(option.xAxis)[0])
  return parsed.success ? parsed.data.data : []
}

/** One row a point: number of its series, place, value. */
export function chartArray(option: ChartOption): NumberArray {
  const points = pointsOf(option)
  const values = Float64Array.from(points.flatMap(({ series, x, y }) => [series, x, y]))
  return { shape: [points.length, 3], values, axes: ['point', 'column'] }
}

/** One line a point: name of its series, place, value. */
export function chartCsv(option: ChartOption): string {
  const categories = categoriesOf(option)
  const lines = pointsOf(option).map(({ name, x, y }) => csvLine([name, categories[x] ?? x, y]))
  return `${[csvLine(['series', 'x', 'y']), ...lines].join('\n')}\n`
}
