import type { RunRecord, RunSummary } from '@shared/contract/records'

/** JSON with keys in alphabetical order: equal for equal values, however they were written. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** The same for runs of one configuration, whatever they are called, on the same images. */
function groupKey({ config, dataset }: RunRecord): string {
  return canonical({ config: { ...config, name: '', seed: 0 }, corrections: dataset.corrections })
}

/**
 * Runs that differ only in their seed, together: groups in the order in which their first runs come, and
 * in each the runs in the order of their seeds.
 */
export function seedGroups<Run extends RunSummary>(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>()
  for (const run of runs) {
    const key = groupKey(run.record)
    groups.set(key, [...(groups.get(key) ?? []), run])
  }
  return [...groups.values()].map((members) => members.toSorted((a, b) => a.record.config.seed - b.record.config.seed))
}

const largestSeed = 0xffffffff

/** The next seed that no run of the same configuration has had. */
export function nextSeed(run: RunSummary, all: readonly RunSummary[]): number {
  const key = groupKey(run.record)
  const alike = all.filter(({ record }) => groupKey(record) === key)
  const seeds = new Set(alike.map(({ record }) => record.config.seed))
  let seed = run.record.config.seed
  do {
    seed = seed === largestSeed ? 0 : seed + 1
  } while (seeds.has(seed))
  return seed
}

/** "shapes seed 43" → "shapes": what runs of several seeds are called together. */
export function withoutSeedWords(name: string): string {
  return name.replace(/\s*[·,(]?\s*seed \d+\)?$/i, '') || name
}
