import { checkpointWords } from '@shared/checkpointNames'
import type { RunStatus, RunSummary } from '@shared/contract/records'
import { formatDuration, formatMeasure, formatPercent } from '../../format/numbers'

/** How runs are put into words, in tables and on their pages. */

export const statusWords: Record<RunStatus, string> = {
  running: 'running',
  paused: 'paused',
  finished: 'finished',
  stopped: 'stopped',
  cancelled: 'cancelled',
  failed: 'failed',
  interrupted: 'interrupted',
}

export const statusTones: Record<RunStatus, 'success' | 'info' | 'warning' | 'error' | 'default'> = {
  running: 'info',
  paused: 'warning',
  finished: 'success',
  stopped: 'default',
  cancelled: 'default',
  failed: 'error',
  interrupted: 'warning',
}

export function runTitle(run: RunSummary): string {
  return run.record.name === '' ? run.record.id : run.record.name
}

export function modelWords(run: RunSummary): string {
  const { sizes, config } = run.record
  if (config.model.preset !== undefined) return `ViT-${config.model.preset}`
  return `d${sizes.embedDim} L${sizes.depth} h${sizes.numHeads} / ${sizes.patchSize}`
}

export function bestWords(run: RunSummary): string {
  const { best } = run.record
  if (best === null) return '–'
  return best.monitor === 'val_acc' ? formatPercent(best.value) : `loss ${formatMeasure(best.value)}`
}

export function accuracyWords(run: RunSummary): string {
  const accuracy = run.lastEpoch?.val_acc ?? null
  return accuracy === null ? '–' : formatPercent(accuracy)
}

export function epochWords(run: RunSummary): string {
  return `${run.lastEpoch?.epoch ?? 0} / ${run.record.config.train.epochs}`
}

/** Seconds that a run was trained for, pauses left out; until `now` while it runs. */
export function runSeconds({ record }: RunSummary, now: number): number {
  const start = Date.parse(record.resumedAt ?? record.createdAt)
  const end = record.endedAt === null ? now : Date.parse(record.endedAt)
  return (record.earlierSeconds ?? 0) + Math.max(0, (end - start) / 1000)
}

export function timeWords(run: RunSummary, now: number): string {
  if (run.record.endedAt === null && run.record.status !== 'running') return '–'
  return formatDuration(runSeconds(run, now))
}

/** Whether a run can go on where it stands: it is not being trained, and its last state was kept. */
export function canResume(run: RunSummary): boolean {
  return run.record.status !== 'running' && run.checkpoints.includes('last')
}

/** What became of a run that has ended, and what of it is kept. */
export function endingSentence(run: RunSummary): string {
  const { status, reason } = run.record
  const names = run.checkpoints.map((name) => checkpointWords(name).toLowerCase())
  const kept =
    names.length === 0
      ? 'No checkpoint was kept.'
      : `Kept: the ${names.length > 1 ? 'checkpoints' : 'checkpoint'} ${names.join(', ')}.`
  const ending =
    reason === null ? `The training has ${status === 'finished' ? 'finished' : `been ${statusWords[status]}`}.` : reason
  return `${ending} ${kept}`
}
