import { metricLineSchema, type MetricLine } from './contract/records'

/** Lines of `metrics.jsonl`; a line that a crash tore in two is left out. */
export function parseMetricLines(text: string): MetricLine[] {
  return text.split('\n').flatMap((line): MetricLine[] => {
    if (line.trim() === '') return []
    const parsed = metricLineSchema.safeParse(parseJson(line))
    return parsed.success ? [parsed.data] : []
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
