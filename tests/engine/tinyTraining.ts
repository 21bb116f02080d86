import { join } from 'node:path'
import { runConfigSchema, type RunConfig, type RunConfigInput } from '@shared/config/runConfig'
import type { MetricLine, RunRecord, StepMetrics } from '@shared/contract/records'
import type { JobContext } from '@engine/job'
import { readMetrics } from '@engine/runs/runFolder'
import { resumeTraining, runTraining } from '@engine/train/run'
import { numberedDataset } from '../unit/data/imageFiles'

/** Runs that take a second, on images of 8 px: 23 to train with and 9 to validate. */

export async function tinyDataset(parent: string): Promise<string> {
  const folder = join(parent, 'numbers')
  await (await numberedDataset(folder, { trainCount: 23, valCount: 9, side: 8 })).close()
  return folder
}

export function tinyConfig(dataset: string, train: RunConfigInput['train'] = {}): RunConfig {
  return runConfigSchema.parse({
    name: 'tiny',
    seed: 7,
    data: { dataset, augment: 'light' },
    model: { patchSize: 4, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2, dropout: 0.1, dropPath: 0.1 },
    train: { epochs: 3, batchSize: 4, optimizer: { lr: 1e-3 }, schedule: { warmupEpochs: 1 }, ...train },
  })
}

type Ending = 'stop' | 'pause' | 'cancel'

export interface TinyOptions {
  resume?: boolean
  saveEverySeconds?: number
  /** Ends the run by a signal after this step. */
  endAfter?: { step: number; by: Ending }
}

/** Trains in this process, with a signal that comes after a certain step. */
export function trainTiny(
  config: RunConfig,
  folder: string,
  { resume = false, saveEverySeconds, endAfter }: TinyOptions = {},
): Promise<RunRecord> {
  let signal: Ending | null = null
  const cancel = new AbortController()
  const context: JobContext = {
    emit(event) {
      if (event.type !== 'metrics' || endAfter === undefined) return
      if (!event.lines.some((line) => line.type === 'step' && line.step === endAfter.step)) return
      signal = endAfter.by
      if (signal === 'cancel') cancel.abort()
    },
    cancelled: cancel.signal,
    stopRequested: () => signal === 'stop' || signal === 'pause',
    pauseRequested: () => signal === 'pause',
  }
  const places = { home: join(folder, '..'), resources: '/nonexistent' }
  const train = resume ? resumeTraining : runTraining
  return train(config, folder, places, context, { saveEverySeconds })
}

function isStep(line: MetricLine): line is StepMetrics {
  return line.type === 'step'
}

/** Step and loss of each step line, in the order of the file. */
export async function stepLosses(folder: string): Promise<[step: number, loss: number][]> {
  return (await readMetrics(folder)).filter(isStep).map(({ step, loss }) => [step, loss])
}

/** What is never the same twice. */
const fleeting = new Set(['seconds', 'imagesPerSecond', 'memoryBytes'])

/** The epochs' lines without what is never the same twice. */
export async function epochLines(folder: string): Promise<Record<string, unknown>[]> {
  return (await readMetrics(folder))
    .filter((line) => line.type === 'epoch')
    .map((line) => Object.fromEntries(Object.entries(line).filter(([key]) => !fleeting.has(key))))
}
