import { VitrineError } from '@shared/errors'
import { runFolderName } from '@shared/folderNames'
import { isTraining } from '../host/runLock'
import { checkConfig } from './checkConfig'
import type { Services, WindowHandlers } from './services'

type RunRoute =
  | 'runs.list'
  | 'runs.get'
  | 'runs.start'
  | 'runs.pause'
  | 'runs.resume'
  | 'runs.rename'
  | 'runs.remove'
  | 'runs.annotate'
  | 'runs.files'

export function runHandlers(services: Services): Pick<WindowHandlers, RunRoute> {
  const { runs, jobs, queue, announce } = services
  return {
    'runs.list': () => runs.list(),

    async 'runs.get'({ runId }) {
      const [run, metrics] = await Promise.all([runs.get(runId), runs.metrics(runId)])
      return { run, metrics }
    },

    async 'runs.start'({ config }) {
      await checkConfig(services, config)
      const runId = runFolderName(config.name, new Date())
      const title = config.name || config.data.dataset
      const [run] = await queue.add([{ runId, title, resume: false, config }])
      return { jobId: run?.jobId ?? null, runId }
    },

    'runs.pause'({ runId }) {
      jobs.pauseRun(runId)
      return {}
    },

    async 'runs.resume'({ runId, epochs }) {
      const { record, folder } = await runs.get(runId)
      if (record.status === 'running' || (await isTraining(folder))) {
        throw new VitrineError('unavailable', `“${record.name}” is being trained: there is nothing to resume.`)
      }
      const config = {
        ...record.config,
        train: { ...record.config.train, epochs: epochs ?? record.config.train.epochs },
      }
      await checkConfig(services, config)
      const [run] = await queue.add([{ runId, title: record.name, resume: true, config }])
      return { jobId: run?.jobId ?? null }
    },

    async 'runs.rename'({ runId, name }) {
      // The training writes the record again, with the name that it knows.
      await mustNotTrain(services, runId, 'renaming it')
      const record = await runs.rename(runId, name)
      announce({ type: 'runs-changed' })
      return record
    },

    async 'runs.remove'({ runId }) {
      if (jobs.active().some((job) => job.kind === 'evaluate' && job.runId === runId)) {
        throw new VitrineError('unavailable', 'This run is being evaluated: wait for the end, or cancel it first.')
      }
      await mustNotTrain(services, runId, 'removing it')
      await runs.remove(runId)
      await queue.remove([runId])
      announce({ type: 'runs-changed' })
      return {}
    },

    async 'runs.annotate'({ runIds, change }) {
      await runs.annotate(runIds, change)
      announce({ type: 'runs-changed' })
      return {}
    },

    'runs.files': async ({ runId }) => ({ files: await runs.files(runId) }),
  }
}

/** @throws VitrineError `unavailable` while any process trains the run. */
async function mustNotTrain({ runs }: Services, runId: string, before: string): Promise<void> {
  if (!(await isTraining(runs.folderOf(runId)))) return
  throw new VitrineError('unavailable', `This run is being trained: stop it before ${before}.`)
}
