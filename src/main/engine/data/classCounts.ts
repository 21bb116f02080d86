import type { DatasetManifest } from '@shared/contract/records'

/** Images of each class per split. `labels`: training records first. */
export function countByClass(
  labels: ArrayLike<number>,
  trainCount: number,
  classCount: number,
): DatasetManifest['classCounts'] {
  const counts = { train: new Array<number>(classCount).fill(0), val: new Array<number>(classCount).fill(0) }
  for (let record = 0; record < labels.length; record++) {
    const split = record < trainCount ? counts.train : counts.val
    const label = labels[record] ?? 0
    split[label] = (split[label] ?? 0) + 1
  }
  return counts
}
