import { metricLineSchema, type MetricLine } from './contract/records'
import { parseJson } from './json'

/** Lines of `metrics.jsonl`; a line that a crash tore in two is left out. */
export function parseMetricLines(text: string): MetricLine[] {
  return text.split('\n').flatMap((line): MetricLine[] => {
    if (line.trim() === '') return []
    const parsed = metricLineSchema.safeParse(parseJson(line))
    return parsed.success ? [parsed.data] : []
  })
}
