import os from 'node:os'
import { engineEnvironment } from '@shared/contract/engineMessages'
import type { VitSizes } from '@shared/config/modelConfig'
import type { TrainConfig } from '@shared/config/trainConfig'
import { VitrineError } from '@shared/errors'
import { memoryProblem } from '@shared/model/fitting'

/**
 * Memory that a run can have, in bytes: what the system calls available, within the limit of a
 * container and what the person allows. On macOS the free figure leaves out all that the system would give back, so all counts.
 */
function availableMemoryBytes(): number {
  const limit = Number(process.env[engineEnvironment.memoryLimit] ?? Infinity)
  if (process.platform === 'darwin') return Math.min(limit, os.totalmem())
  return Math.min(limit, os.freemem(), process.availableMemory())
}

/**
 * @param availableBytes of the device that trains
 * @throws VitrineError `invalid-input` on `train.batchSize` for a run that can't fit, with a batch size that does
 */
export function checkMemory(
  sizes: VitSizes,
  train: Pick<TrainConfig, 'batchSize' | 'gradAccumulation'>,
  availableBytes = availableMemoryBytes(),
): void {
  const problem = memoryProblem(sizes, train, availableBytes)
  if (problem !== null) throw new VitrineError('invalid-input', problem, { field: 'train.batchSize' })
}
