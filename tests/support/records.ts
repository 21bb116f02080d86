import { evaluationFigures, confusionMatrix } from '@engine/evaluate/metrics'
import { emptyOutcomes } from '@engine/evaluate/outcomes'
import { runConfigSchema, type RunConfigInput } from '@shared/config/runConfig'
import type { EvaluationRecord } from '@shared/contract/evaluation'
import type { DatasetManifest, EpochMetrics, RunRecord, StepMetrics } from '@shared/contract/records'
import { emptyNotes, type ListedRun } from '@shared/contract/runRecords'
import { modelSizes } from './modelSizes'

/** Whole records for tests, of which a test names only what it is about. */

export function runConfig(changes: Partial<RunConfigInput> = {}) {
  return runConfigSchema.parse({
    name: 'Shapes',
    data: { dataset: 'sample:shapes' },
    model: { patchSize: 8, embedDim: 64, depth: 2, numHeads: 4 },
    ...changes,
  })
}

export function runRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    id: 'run',
    name: 'Shapes',
    createdAt: new Date().toISOString(),
    endedAt: null,
    status: 'finished',
    reason: null,
    config: runConfig(),
    sizes: modelSizes({ imageSize: 64, patchSize: 8, embedDim: 64, numHeads: 4, numClasses: 2 }),
    dataset: {
      name: 'shapes',
      classes: ['circle', 'square'],
      trainCount: 6,
      valCount: 2,
      mean: [0.5, 0.5, 0.5],
      std: [0.2, 0.2, 0.2],
    },
    parameters: 1000,
    stepsPerEpoch: 3,
    versions: { vitrine: '0.1.0' },
    device: 'CPU',
    processId: process.pid,
    best: null,
    ...changes,
  }
}

/** A sound run without tags, as the table lists it. */
export function listedRun(
  record: Partial<RunRecord> = {},
  changes: Partial<Omit<ListedRun, 'record'>> = {},
): ListedRun {
  return {
    record: runRecord(record),
    folder: '/runs/run',
    lastEpoch: null,
    checkpoints: [],
    notes: { ...emptyNotes },
    sizeBytes: 1000,
    problems: [],
    ...changes,
  }
}

export function datasetManifest(changes: Partial<DatasetManifest> = {}): DatasetManifest {
  return {
    format: 1,
    name: 'flowers',
    source: '/pictures/flowers',
    createdAt: new Date().toISOString(),
    imageSize: 2,
    classes: ['daisy', 'rose'],
    trainCount: 3,
    valCount: 2,
    classCounts: { train: [2, 1], val: [1, 1] },
    statistics: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    skipped: [],
    hasMasks: false,
    ...changes,
  }
}

export function stepMetrics(step: number): StepMetrics {
  return { type: 'step', step, epoch: 1, loss: 2 / step, lr: 1e-4, gradNorm: 1, imagesPerSecond: 100 }
}

export function epochMetrics(epoch: number): EpochMetrics {
  return {
    type: 'epoch',
    epoch,
    lr: 1e-4,
    train_loss: 1 / epoch,
    train_acc: 0.5,
    val_loss: null,
    val_acc: null,
    seconds: 1,
  }
}

/** Of three images that are all right. */
export function evaluationRecord(createdAt: string): EvaluationRecord {
  const outcomes = emptyOutcomes(3)
  return {
    format: 1,
    createdAt,
    checkpoint: { title: 'Shapes', file: '/runs/shapes/checkpoints/best.safetensors', epoch: 2 },
    dataset: { id: 'sample:shapes', name: 'Shapes', createdAt },
    split: 'val',
    flip: false,
    precision: 'fp32',
    device: 'CPU',
    imagesPerSecond: 100,
    classes: ['circle', 'square'],
    figures: evaluationFigures(outcomes, confusionMatrix(outcomes, 2), 2),
  }
}
