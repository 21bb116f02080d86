import { join } from 'node:path'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import type { EpochMetrics, MetricLine, StepMetrics } from '@shared/contract/records'
import { historyColumns } from '@engine/evaluate/tables'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { encodeNpyRecords } from '@engine/formats/npy'
import { encodeCsv, type Column } from '@engine/formats/table'
import { readMetrics, readRunRecord } from '@engine/runs/runFolder'

/** A run's numbers for notebooks: one table of its epochs and one of its steps, each as npy and as CSV. */

const optionalFigures = [
  'val_top5',
  'val_balanced_acc',
  'ema_val_loss',
  'ema_val_acc',
  'ema_val_top5',
  'ema_val_balanced_acc',
  'gradNorm',
  'weightNorm',
  'imagesPerSecond',
  'memoryBytes',
] as const

const stepFigures = ['step', 'epoch', 'loss', 'lr', 'gradNorm', 'imagesPerSecond'] as const

function isEpoch(line: MetricLine): line is EpochMetrics {
  return line.type === 'epoch'
}

function isStep(line: MetricLine): line is StepMetrics {
  return line.type === 'step'
}

/** What every epoch has, then what this run measured as well; NaN where an epoch lacks it. */
function epochColumns(epochs: readonly EpochMetrics[]): ReadonlyMap<string, Float64Array> {
  const measured = optionalFigures.filter((name) => epochs.some((epoch) => epoch[name] !== undefined))
  return new Map([
    ...historyColumns(epochs),
    ...measured.map((name): [string, Float64Array] => [name, Float64Array.from(epochs, (epoch) => epoch[name] ?? NaN)]),
  ])
}

function stepColumns(steps: readonly StepMetrics[]): ReadonlyMap<string, Float64Array> {
  return new Map(stepFigures.map((name) => [name, Float64Array.from(steps, (step) => step[name])]))
}

async function writeColumns(out: string, name: string, columns: ReadonlyMap<string, Float64Array>): Promise<string[]> {
  const table = [...columns].map(([column, values]): Column => ({ name: column, kind: 'number', values }))
  await writeFileAtomic(join(out, `${name}.npy`), encodeNpyRecords(columns))
  await writeFileAtomic(join(out, `${name}.csv`), encodeCsv(table))
  return [`${name}.npy`, `${name}.csv`]
}

/**
 * Writes history.npy and .csv (a row for each epoch), steps.npy and .csv (a row for each step) into a
 * folder that is there. Returns their names.
 *
 * @throws VitrineError `not-found` where the folder holds no run or the run has no numbers yet
 */
export async function writeHistory(runFolder: string, out: string): Promise<string[]> {
  await readRunRecord(runFolder)
  const lines = await readMetrics(runFolder)
  const epochs = lines.filter(isEpoch)
  const steps = lines.filter(isStep)
  if (epochs.length + steps.length === 0) {
    const message = `${runFolder} has no numbers in its ${runFiles.metrics} yet: let it train for a step.`
    throw new VitrineError('not-found', message)
  }
  return [
    ...(await writeColumns(out, 'history', epochColumns(epochs))),
    ...(await writeColumns(out, 'steps', stepColumns(steps))),
  ]
}
