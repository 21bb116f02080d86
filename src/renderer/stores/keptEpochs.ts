import { snapshotEpoch } from '@shared/checkpointNames'
import type { CheckpointName, RunSummary } from '@shared/contract/records'

export interface KeptEpoch {
  name: CheckpointName
  epoch: number
}

/** Where the figures of an epoch come from: a checkpoint, or what the run itself recorded (`name` is null). */
export interface EpochSource {
  name: CheckpointName | null
  epoch: number
}

/** The epochs that a run keeps for good, from the first on; averages of weights are left out. */
export function keptEpochs(checkpoints: readonly CheckpointName[]): KeptEpoch[] {
  return checkpoints
    .flatMap((name) => {
      const epoch = snapshotEpoch(name)
      return epoch === null || name.endsWith('.ema') ? [] : [{ name, epoch }]
    })
    .toSorted((a, b) => a.epoch - b.epoch)
}

/** Those, and the best and the last epoch where they are not among them; a run under way has no last one yet. */
export function epochsToLookAt({ checkpoints, record, lastEpoch }: RunSummary): KeptEpoch[] {
  const kept = keptEpochs(checkpoints)
  const add = (name: CheckpointName, epoch: number | undefined) => {
    if (epoch === undefined || !checkpoints.includes(name) || kept.some((known) => known.epoch === epoch)) return
    kept.push({ name, epoch })
  }
  if (record.status !== 'running') {
    add('last', lastEpoch?.epoch)
    add('best', record.best?.epoch)
  }
  return kept.toSorted((a, b) => a.epoch - b.epoch)
}

/** Those, with the epochs whose figures the run recorded: they need not be measured. */
export function withRecorded(kept: readonly KeptEpoch[], recorded: readonly number[]): EpochSource[] {
  const others = kept.filter(({ epoch }) => !recorded.includes(epoch))
  return [...others, ...recorded.map((epoch) => ({ name: null, epoch }))].toSorted((a, b) => a.epoch - b.epoch)
}
