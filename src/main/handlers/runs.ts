import { checkAgainstDataset, parseRunConfig, type RunConfig } from '@shared/config/runConfig'
import type { EngineInput } from '@shared/contract/engineRoutes'
import type { RunStatus } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { runFolderName } from '@shared/folderNames'
import type { JobEnd } from '../host/jobs'
import { logWarning } from '../host/log'
import { configFailure } from './invalidInput'
import type { Services, WindowHandlers } from './services'

type RunRoute = 'runs.list' | 'runs.get' | 'runs.start' | 'runs.pause' | 'runs.resume' | 'runs.rename' | 'runs.remove'

export function runHandlers(services: Services): Pick<WindowHandlers, RunRoute> {
  const { runs, jobs, announce } = services
  return {
    'runs.list': async () => ({ runs: await runs.list() }),

    async 'runs.get'({ runId }) {
      const [run, metrics] = await Promise.all([runs.get(runId), runs.metrics(runId)])
      return { run, metrics }
    },

    async 'runs.start'({ config }) {
      await checkConfig(services, config)
      const runId = runFolderName(config.name, new Date())
      const title = config.name || config.data.dataset
      const jobId = train(services, { config, runFolder: runs.folderOf(runId), resume: false }, title, runId)
      return { jobId, runId }
    },

    'runs.pause'({ runId }) {
      jobs.pauseRun(runId)
      return {}
    },

    async 'runs.resume'({ runId, epochs }) {
      const { record, folder } = await runs.get(runId)
      if (record.status === 'running') {
        throw new VitrineError('unavailable', `“${record.name}” is being trained: there is nothing to resume.`)
      }
      const config = {
        ...record.config,
        train: { ...record.config.train, epochs: epochs ?? record.config.train.epochs },
      }
      await checkConfig(services, config)
      return { jobId: train(services, { config, runFolder: folder, resume: true }, record.name, runId) }
    },

    async 'runs.rename'({ runId, name }) {
      const record = await runs.rename(runId, name)
      announce({ type: 'runs-changed' })
      return record
    },

    async 'runs.remove'({ runId }) {
      if (jobs.active().some((job) => job.kind === 'evaluate' && job.runId === runId)) {
        throw new VitrineError('unavailable', 'This run is being evaluated: wait for the end, or cancel it first.')
      }
      await runs.remove(runId)
      announce({ type: 'runs-changed' })
      return {}
    },
  }
}

/** Starts the job that trains a run, and sees to its record when that has ended. Returns the job's id. */
function train(services: Services, input: EngineInput<'train'>, title: string, runId: string): string {
  const job = services.jobs.start({ route: 'train', input, title, runId })
  void job.ended.then(async (end) => {
    await settle(services, runId, end)
    services.announce({ type: 'runs-changed' })
  })
  return job.id
}

/** @throws VitrineError `invalid-input` with the field of the first problem. */
async function checkConfig({ datasets }: Services, config: RunConfig): Promise<void> {
  const parsed = parseRunConfig(config)
  if (!parsed.ok) throw configFailure(parsed.problems)
  // A sample that is not made yet is made by the engine before it trains, and checked there.
  const manifest = await datasets.manifest(config.data.dataset)
  if (manifest === null) return
  const problems = checkAgainstDataset(config, { ...manifest, numClasses: manifest.classes.length })
  if (problems.length > 0) throw configFailure(problems)
}

/** The engine writes how its run ended; when it could not, this does. */
async function settle({ runs }: Services, runId: string, { result, state, pid }: JobEnd<'train'>): Promise<void> {
  if (result.ok) return
  try {
    const ended: RunStatus =
      state.phase === 'cancelled' ? 'cancelled' : result.error.kind === 'engine-lost' ? 'interrupted' : 'failed'
    await runs.settle(runId, ended, state.phase === 'cancelled' ? 'Cancelled.' : result.error.message, pid)
  } catch (error) {
    logWarning('runs', `the end of ${runId} could not be written: ${String(error)}`)
  }
}
