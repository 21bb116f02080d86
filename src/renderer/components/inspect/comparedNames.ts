import { checkpointWords } from '@shared/checkpointNames'
import type { CheckpointRef } from '@shared/contract/records'

/** How two models that are compared are told apart: two checkpoints of one run need not repeat its name. */
export function comparedNames(
  first: CheckpointRef,
  second: CheckpointRef,
  titleOf: (runId: string) => string,
): [first: string, second: string] {
  const sameRun = first.from === 'run' && second.from === 'run' && first.runId === second.runId
  const nameOf = (ref: CheckpointRef) => {
    if (ref.from === 'file') return ref.path.split(/[\\/]/).at(-1) ?? ref.path
    return sameRun ? checkpointWords(ref.name) : `${titleOf(ref.runId)} · ${checkpointWords(ref.name)}`
  }
  return [nameOf(first), nameOf(second)]
}
