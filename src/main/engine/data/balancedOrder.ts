import type { SeededRandom } from '@shared/random'

/**
 * As many places as there are labels, with every class that has any equally often (by one more or
 * less): a small class comes round several times, of a large one a part is left out.
 *
 * @returns indices into `labels`, in a random order
 */
export function balancedOrder(labels: Int32Array, random: SeededRandom): Uint32Array {
  const byClass = new Map<number, number[]>()
  labels.forEach((label, index) => {
    const members = byClass.get(label)
    if (members === undefined) byClass.set(label, [index])
    else members.push(index)
  })
  const classes = [...byClass].sort(([a], [b]) => a - b).map(([, members]) => members)
  const shares = new Uint32Array(classes.length).fill(Math.floor(labels.length / classes.length))
  // Which classes get one more must not always be the first ones.
  for (const extra of random.permutation(classes.length).subarray(0, labels.length % Math.max(1, classes.length))) {
    shares[extra] = (shares[extra] ?? 0) + 1
  }
  const drawn = classes.flatMap((members, index) => {
    const share = shares[index] ?? 0
    const rounds = Math.ceil(share / members.length)
    const repeated = Array.from({ length: rounds }, () => [...random.permutation(members.length)]).flat()
    return repeated.slice(0, share).map((place) => members[place] ?? 0)
  })
  return random.permutation(drawn.length).map((place) => drawn[place] ?? 0)
}
