import { open, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EpochMetrics } from '@shared/contract/records'
import { runFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { parseMetricLines } from '@shared/metricsFile'
import { isMissing } from './jsonFile'

/** Enough for the lines of about a thousand steps: of most runs it is all. */
const tailBytes = 128 * 1024

/** What the end of `metrics.jsonl` says; a long run's file holds megabytes of steps. */
export interface MetricsEnd {
  isThere: boolean
  lastEpoch: EpochMetrics | null
  /** Lines among the last ones that can't be read; one without its end may still be written on. */
  tornLines: number
  endsInLine: boolean
}

export async function readMetricsEnd(folder: string): Promise<MetricsEnd> {
  const file = path.join(folder, runFiles.metrics)
  try {
    const tail = await readTail(file)
    const lastEpoch = lastEpochIn(tail.text)
    return {
      isThere: true,
      lastEpoch: lastEpoch ?? (tail.isWhole ? null : lastEpochIn(await readFile(file, 'utf8'))),
      tornLines: tornLinesIn(tail.text, tail.isWhole),
      endsInLine: tail.text !== '' && !tail.text.endsWith('\n'),
    }
  } catch (error) {
    if (isMissing(error)) return { isThere: false, lastEpoch: null, tornLines: 0, endsInLine: false }
    throw error
  }
}

async function readTail(file: string): Promise<{ text: string; isWhole: boolean }> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const start = Math.max(0, size - tailBytes)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    return { text: buffer.toString('utf8', 0, bytesRead), isWhole: start === 0 }
  } finally {
    await handle.close()
  }
}

function lastEpochIn(text: string): EpochMetrics | null {
  const lines = text.split('\n').filter((line) => line.includes('"epoch"') && line.includes('"train_loss"'))
  for (const line of lines.reverse()) {
    const metrics = parseMetricLines(line)[0]
    if (metrics?.type === 'epoch') return metrics
  }
  return null
}

/** The first line of a part of the file may begin in its middle. */
function tornLinesIn(text: string, isWhole: boolean): number {
  const lines = text.split('\n').slice(isWhole ? 0 : 1)
  return lines.filter((line) => line.trim() !== '' && parseJson(line) === undefined).length
}
