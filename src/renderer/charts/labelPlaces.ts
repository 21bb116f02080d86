/**
 * Places near the wished ones that are at least `gap` apart, in the order of the wishes, none below `from`:
 * the least sum of squared moves, by pooling adjacent violators (Barlow et al., 1972).
 */
export function spacedPlaces(wishes: readonly number[], gap: number, from = -Infinity): number[] {
  const order = wishes.map((_, index) => index).sort((a, b) => (wishes[a] ?? 0) - (wishes[b] ?? 0))
  // With rank × gap taken off, "at least a gap apart" becomes "not falling".
  const pools: { sum: number; members: number[] }[] = []
  for (const [rank, index] of order.entries()) {
    let pool = { sum: (wishes[index] ?? 0) - rank * gap, members: [index] }
    for (let last = pools.at(-1); last !== undefined && mean(last) > mean(pool); last = pools.at(-1)) {
      pools.pop()
      pool = { sum: last.sum + pool.sum, members: [...last.members, ...pool.members] }
    }
    pools.push(pool)
  }
  const places = new Array<number>(wishes.length).fill(0)
  let rank = 0
  for (const pool of pools) {
    for (const index of pool.members) {
      places[index] = Math.max(mean(pool), from) + rank * gap
      rank += 1
    }
  }
  return places
}

function mean({ sum, members }: { sum: number; members: readonly number[] }): number {
  return sum / members.length
}
