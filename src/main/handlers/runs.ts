import { checkAgainstDataset, parseRunConfig, type RunConfig } from '@shared/config/runConfig'
import type { RunStatus } from '@shared/contract/records'
import { runFolderName } from '@shared/folderNames'
import type { JobEnd } from '../host/jobs'
import { logWarning } from '../host/log'
import { configFailure } from './invalidInput'
import type { Services, WindowHandlers } from './services'

type RunRoute = 'runs.list' | 'runs.get' | 'runs.start' | 'runs.rename' | 'runs.remove'

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
      const job = jobs.start({
        route: 'train',
        input: { config, runFolder: runs.folderOf(runId) },
        title: config.name || config.data.dataset,
        runId,
      })
      void job.ended.then(async (end) => {
        await settle(services, runId, end)
        announce({ type: 'runs-changed' })
      })
      return { jobId: job.id, runId }
    },

    async 'runs.rename'({ runId, name }) {
      const record = await runs.rename(runId, name)
      announce({ type: 'runs-changed' })
      return record
    },

    async 'runs.remove'({ runId }) {
      await runs.remove(runId)
      announce({ type: 'runs-changed' })
      return {}
    },
  }
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
async function settle({ runs }: Services, runId: string, { result, state }: JobEnd<'train'>): Promise<void> {
  if (result.ok) return
  try {
    const ended: RunStatus =
      state.phase === 'cancelled' ? 'cancelled' : result.error.kind === 'engine-lost' ? 'interrupted' : 'failed'
    await runs.settle(runId, ended, state.phase === 'cancelled' ? 'Cancelled.' : result.error.message)
  } catch (error) {
    logWarning('runs', `the end of ${runId} could not be written: ${String(error)}`)
  }
}
