import type { DatasetManifest } from '../contract/records'
import type { RunConfigInput } from './runConfig'

/** What a new training form starts with, so that the first run on any dataset works. */

const smallModel = { embedDim: 128, depth: 4, numHeads: 4, mlpRatio: 2 } as const
/** Half as wide: learns shapes in about three minutes and digits in about seven on two cores. */
const smallerModel = { ...smallModel, embedDim: 64 } as const

function shapesConfig(dataset: string): RunConfigInput {
  return {
    data: { dataset, imageSize: 64, augment: 'light' },
    model: { patchSize: 8, ...smallerModel },
    train: {
      epochs: 24,
      batchSize: 64,
      optimizer: { lr: 2e-3, weightDecay: 0.05 },
      schedule: { warmupEpochs: 2 },
      earlyStopping: { monitor: 'val_loss', patience: 8 },
    },
  }
}

/** Digits are turned a little, and not mirrored: a mirrored 2 is none. */
function digitsConfig(dataset: string): RunConfigInput {
  return {
    data: { dataset, imageSize: 32, augment: 'resized-crop scale=0.7..1; rotation degrees=-12..12' },
    model: { patchSize: 4, ...smallerModel },
    train: {
      epochs: 48,
      batchSize: 64,
      optimizer: { lr: 3e-3, weightDecay: 0.05 },
      schedule: { warmupEpochs: 3 },
      labelSmoothing: 0.1,
      earlyStopping: { monitor: 'val_loss', patience: 12 },
    },
  }
}

/** ViT-S/32 with AdamW, four warm-up epochs of forty and early stopping, for photographs of 224 px or more. */
function photographsConfig(dataset: string, hasValidation: boolean): RunConfigInput {
  return {
    data: { dataset, imageSize: 224, augment: 'light' },
    model: { preset: 'S/32', dropout: 0.1, attentionDropout: 0.1 },
    train: {
      epochs: 40,
      batchSize: 256,
      optimizer: { lr: 1e-4, weightDecay: 0.05 },
      schedule: { warmupEpochs: 4, warmupStartLr: 1e-6, minLr: 1e-7 },
      earlyStopping: hasValidation ? { monitor: 'val_loss', patience: 5 } : null,
    },
  }
}

/** Eight by eight patches whatever the size: the image size is rounded down to a multiple of eight. */
function smallImagesConfig(dataset: string, side: number, hasValidation: boolean): RunConfigInput {
  const patchSize = Math.max(1, Math.floor(side / 8))
  return {
    data: { dataset, imageSize: side < 8 ? side : patchSize * 8, augment: 'light' },
    model: { patchSize, ...smallModel },
    train: {
      epochs: 30,
      batchSize: 128,
      optimizer: { lr: 1e-3, weightDecay: 0.05 },
      schedule: { warmupEpochs: 3 },
      earlyStopping: hasValidation ? { monitor: 'val_loss', patience: 5 } : null,
    },
  }
}

/** `manifest` is null for a sample that is not made yet; then its known sizes are used. */
export function defaultConfig(datasetId: string, manifest: DatasetManifest | null): RunConfigInput {
  if (datasetId === 'sample:shapes') return shapesConfig(datasetId)
  if (datasetId === 'sample:digits') return digitsConfig(datasetId)
  const hasValidation = manifest === null || manifest.valCount > 0
  if (manifest === null || manifest.imageSize >= 224) return photographsConfig(datasetId, hasValidation)
  return smallImagesConfig(datasetId, manifest.imageSize, hasValidation)
}
