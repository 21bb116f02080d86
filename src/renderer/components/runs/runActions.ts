import { useRouter } from 'vue-router'
import type { RunConfig } from '@shared/config/runConfig'
import { checkpointFile } from '@shared/checkpointNames'
import type { RunSummary } from '@shared/contract/records'
import type { DamagedRun } from '@shared/contract/runRecords'
import { useInspection } from '../../stores/inspection'
import { useNotices } from '../../stores/notices'
import { useRuns } from '../../stores/runs'
import { useTrainForm } from '../../stores/trainForm'
import { nextSeed, withoutSeedWords } from '../compare/seedGroups'
import { rowTitle, type RunRow } from './runRows'
import { runTitle } from './runWords'

function runPath(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`
}

function countWords(count: number): string {
  return count === 1 ? '1 run' : `${count} runs`
}

/** What can be done with runs, from the table, its menu and their own pages. */
export function useRunActions() {
  const router = useRouter()
  const runs = useRuns()
  const form = useTrainForm()
  const inspection = useInspection()
  const notices = useNotices()

  async function open(row: RunRow): Promise<void> {
    await router.push(runPath(row.id))
  }

  async function compare(runIds: readonly string[]): Promise<void> {
    await router.push(`/runs/compare/${runIds.map(encodeURIComponent).join('/')}`)
  }

  /** Fills the form from the run, to be changed and started. */
  async function trainAgain(run: RunSummary): Promise<void> {
    form.take(run.record.config)
    await router.push('/train')
  }

  async function start(config: RunConfig): Promise<void> {
    const answer = await runs.start(config)
    if (!answer.ok) return notices.failure(answer.error)
    const name = `“${config.name || config.data.dataset}”`
    notices.success(answer.value.jobId === null ? `${name} waits for its turn.` : `${name} is being trained.`)
  }

  function duplicate(run: RunSummary): Promise<void> {
    return start(run.record.config)
  }

  /** The same run with a seed that none of its like has had. */
  function duplicateWithNewSeed(run: RunSummary): Promise<void> {
    const seed = nextSeed(run, runs.list)
    const name = `${withoutSeedWords(runTitle(run))} seed ${seed}`
    return start({ ...run.record.config, seed, name: name.slice(-120) })
  }

  async function goOn(run: RunSummary, epochs: number | null): Promise<boolean> {
    const runId = run.record.id
    if (!(await runs.resume(runId, epochs))) return false
    await watchLive(runId)
    return true
  }

  async function watchLive(runId: string): Promise<void> {
    form.page = { show: 'run', runId }
    await router.push('/train')
  }

  async function inspect(run: RunSummary): Promise<void> {
    const name = run.checkpoints.at(0)
    if (name === undefined) return
    inspection.choose({ from: 'run', runId: run.record.id, name })
    await router.push('/inspect')
  }

  /** A run without a record has no checkpoints to choose from by name: the file says all that is needed. */
  async function inspectFile(run: DamagedRun): Promise<void> {
    const name = run.checkpoints.at(0)
    if (name === undefined) return
    inspection.choose({ from: 'file', path: [run.folder, ...checkpointFile(name)].join('/') })
    await router.push('/inspect')
  }

  async function archive(rows: readonly RunRow[], isArchived: boolean): Promise<void> {
    const isDone = await runs.annotate(
      rows.map(({ id }) => id),
      { isArchived },
    )
    if (!isDone) return
    const what =
      rows.length === 1 && rows[0] !== undefined ? `“${rowTitle(rows[0])}” is` : `${countWords(rows.length)} are`
    notices.success(
      isArchived ? `${what} archived: the filter “Only archived” shows what is.` : `${what} in the list again.`,
    )
  }

  /** Those that are being trained stay. */
  function remove(rows: readonly RunRow[]): boolean {
    const removable = rows.filter((row) => row.kind === 'damaged' || row.run.record.status !== 'running')
    if (removable.length < rows.length) notices.info('Runs that are being trained stay: stop them first.')
    const [first] = removable
    if (first === undefined) return false
    runs.remove(
      removable.map(({ id }) => id),
      removable.length === 1 ? `“${rowTitle(first)}” was deleted.` : `${countWords(removable.length)} were deleted.`,
    )
    return true
  }

  return {
    open,
    compare,
    trainAgain,
    duplicate,
    duplicateWithNewSeed,
    goOn,
    watchLive,
    inspect,
    inspectFile,
    archive,
    remove,
    reveal: (row: RunRow) => runs.reveal(row.run.folder),
  }
}

export type RunActions = ReturnType<typeof useRunActions>
