import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MetricLine } from '@shared/contract/records'
import { runFiles } from '@shared/folders'
import { parseMetricLines } from '@shared/metricsFile'
import { writeFileAtomic } from '@engine/formats/atomicWrite'

/** Where a run goes on: `step` is the last that counts, `epoch` the one that is not finished. */
export interface CutPosition {
  step: number
  epoch: number
}

function isKept(line: MetricLine, { step, epoch }: CutPosition): boolean {
  return line.type === 'epoch' ? line.epoch < epoch : line.step <= step
}

/**
 * Takes out of `metrics.jsonl` what the run will measure again when it goes on from a position, and
 * what a crash tore; the other lines stay as they are. The file is replaced as a whole.
 */
export async function cutMetrics(folder: string, position: CutPosition): Promise<void> {
  const path = join(folder, runFiles.metrics)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  const kept = text.split('\n').filter((line) => parseMetricLines(line).some((parsed) => isKept(parsed, position)))
  await writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''))
}
