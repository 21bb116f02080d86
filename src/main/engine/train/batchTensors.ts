import { byteTensor, tf } from '../backend/tensorflow'
import { augmentTensors } from '../data/augment/apply'
import { mixValues } from './mix'
import type { StepInputs, TrainingInputs } from './step'
import type { StepSettings } from './stepSettings'
import { countedMask, type StepBatch, type TrainingBatch } from './trainer'

/** Batches as tensors, for passes without a graph. The caller owns them. */

export function batchTensors(
  { images, boxes, labels, count }: TrainingBatch,
  { batchSize, recordSide }: StepSettings,
): StepInputs {
  return {
    images: byteTensor(images, [batchSize, recordSide, recordSide, 3]),
    boxes: tf.tensor2d(boxes, [batchSize, 4]),
    labels: tf.tensor1d(labels, 'int32'),
    counted: tf.tensor1d(countedMask(batchSize, count)),
  }
}

export function trainingTensors({ batch, mix, seed }: StepBatch, settings: StepSettings): TrainingInputs {
  const { batchSize, sizes, mixes } = settings
  const { partners, pixelShare, labelShare } = mixValues(mix, batch.count, batchSize, sizes.imageSize)
  const tensors = {
    partners: tf.tensor1d(partners, 'int32'),
    pixelShare: tf.tensor4d(pixelShare, [1, sizes.imageSize, sizes.imageSize, 1]),
    labelShare: tf.scalar(labelShare),
  }
  return {
    ...batchTensors(batch, settings),
    augment: augmentTensors(settings.augment, batch.augment ?? new Map(), batchSize),
    mix: mixes ? tensors : null,
    seed: tf.scalar(seed, 'int32'),
  }
}
