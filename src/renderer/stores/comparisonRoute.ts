import { checkpointNameSchema, type CheckpointRef, type RunSummary } from '@shared/contract/records'

/**
 * The address that compares checkpoints of runs: `/inspect?compare=RUN/NAME&compare=RUN/NAME`. With one
 * `compare`, the model that is open is compared with it. Without `/NAME` a run's best checkpoint is
 * meant, or the last where there is no best.
 */
export function comparisonRoute(...compared: readonly { runId: string; name?: string }[]): {
  path: string
  query: { compare: string[] }
} {
  return {
    path: '/inspect',
    query: { compare: compared.map(({ runId, name }) => (name === undefined ? runId : `${runId}/${name}`)) },
  }
}

/** The checkpoints that an address names; runs and checkpoints that are not there are left out. */
export function comparedByRoute(query: unknown, runById: (runId: string) => RunSummary | null): CheckpointRef[] {
  const texts: unknown[] = Array.isArray(query) ? query : [query]
  return texts.flatMap((text): CheckpointRef[] => {
    if (typeof text !== 'string') return []
    const [runId = '', wanted] = text.split('/')
    const checkpoints = runById(runId)?.checkpoints ?? []
    const name = wanted === undefined ? (checkpoints.find((own) => own === 'best') ?? checkpoints.at(0)) : wanted
    const known = checkpointNameSchema.safeParse(name)
    return known.success && checkpoints.includes(known.data) ? [{ from: 'run', runId, name: known.data }] : []
  })
}
