import { join } from 'node:path'
import type { CheckpointName } from '@shared/contract/records'
import { runFiles } from '@shared/folders'
import { writeSafetensors } from '../formats/safetensors'
import { writeCheckpoint, type Checkpoint } from '../vit/checkpoint'
import type { Trainer } from './trainer'

export interface CheckpointPosition {
  /** Epochs that were finished. */
  epoch: number
  /** Optimizer steps that were made. */
  step: number
}

export function checkpointPath(runFolder: string, name: CheckpointName): string {
  return join(runFolder, runFiles.checkpoints, `${name}.safetensors`)
}

function optimizerPath(runFolder: string, name: CheckpointName): string {
  return join(runFolder, runFiles.checkpoints, `${name}.optimizer.safetensors`)
}

/**
 * Writes weights and optimizer state under one or more names; a name's old files stay until the new
 * ones are whole.
 */
export async function saveCheckpoint(
  runFolder: string,
  names: readonly CheckpointName[],
  trainer: Trainer,
  model: Omit<Checkpoint, 'weights' | 'epoch'>,
  { epoch, step }: CheckpointPosition,
): Promise<void> {
  const weights = trainer.weights()
  const moments = trainer.optimizerState()
  for (const name of names) {
    await writeSafetensors(optimizerPath(runFolder, name), moments, { epoch: String(epoch), step: String(step) })
    await writeCheckpoint(checkpointPath(runFolder, name), { ...model, weights, epoch })
  }
}
