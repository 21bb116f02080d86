import { SeededRandom } from '@shared/random'

/**
 * Chooses the records for validation, class by class: `fraction` of all and, as near as whole images
 * allow, of each class, where a class of two or more images has at least one on each side.
 *
 * @param labels class of each record
 * @returns for each record, whether it is for validation
 */
export function stratifiedSplit(labels: readonly number[], fraction: number, seed: number): boolean[] {
  const chosen = labels.map(() => false)
  if (fraction <= 0) return chosen
  const groups = [...groupBy([...labels.keys()], (record) => labels[record] ?? 0)]
  const shares = groups.map(([, members]) => members.length * fraction)
  for (const [index, count] of roundedShares(shares).entries()) {
    const [label, members] = groups[index] ?? [0, []]
    const forVal = members.length < 2 ? 0 : Math.min(members.length - 1, Math.max(1, count))
    const order = SeededRandom.stream(seed, 'split', label).permutation(members.length)
    for (const position of order.subarray(0, forVal)) chosen[members[position] ?? 0] = true
  }
  return chosen
}

/** Whole numbers near `shares` with the sum of `shares`: the largest remainders are rounded up. */
function roundedShares(shares: readonly number[]): number[] {
  const counts = shares.map(Math.floor)
  const missing =
    Math.round(shares.reduce((sum, share) => sum + share, 0)) - counts.reduce((sum, count) => sum + count, 0)
  const remainder = (index: number) => (shares[index] ?? 0) - (counts[index] ?? 0)
  const byRemainder = [...shares.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b)
  for (const index of byRemainder.slice(0, missing)) counts[index] = (counts[index] ?? 0) + 1
  return counts
}

/** Groups in the order in which their keys first appear. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
