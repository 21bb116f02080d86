import path from 'node:path'
import { VitrineError } from '@shared/errors'
import { samplePrefix } from '@shared/folders'
import { exists, freeFolder } from '../host/folderNames'
import { logWarning } from '../host/log'
import type { Services, WindowHandlers } from './services'

type DatasetRoute = 'datasets.list' | 'datasets.prepare' | 'datasets.make' | 'datasets.remove' | 'datasets.page'

export function datasetHandlers(services: Services): Pick<WindowHandlers, DatasetRoute> {
  const { datasets, jobs, announce } = services
  /** Datasets that a job of this session makes, by the job. */
  const inWork = new Map<string, string>()

  /** What follows the end of a job that made a dataset. */
  async function ended(jobId: string, dataset: string, finished: boolean, name: string | null): Promise<void> {
    inWork.delete(jobId)
    try {
      if (!finished) await datasets.removeUnfinished(dataset)
      else if (name !== null) await datasets.rename(dataset, name)
    } catch (error) {
      logWarning('datasets', `${dataset}: ${String(error)}`)
    }
    announce({ type: 'datasets-changed' })
  }

  return {
    'datasets.list': async () => ({ datasets: await datasets.list() }),
    'datasets.page': (request) => datasets.page(request),

    async 'datasets.prepare'({ source, name, imageSize, valFraction }) {
      if (!(await exists(source))) throw new VitrineError('not-found', `There is no folder ${source}: choose another.`)
      const chosenName = name.trim() || path.basename(source)
      const out = await freeFolder(services.datasetsFolder, chosenName)
      const job = jobs.start({
        route: 'prepare',
        input: { source, out, imageSize, valFraction },
        title: `Preparing ${chosenName}`,
      })
      inWork.set(job.id, out)
      void job.ended.then(({ result }) => ended(job.id, out, result.ok, chosenName))
      return { jobId: job.id, dataset: out }
    },

    async 'datasets.make'({ dataset }) {
      if (!dataset.startsWith(samplePrefix)) {
        throw new VitrineError('invalid-input', `“${dataset}” is not a sample, so it can't be made.`)
      }
      if ((await datasets.manifest(dataset)) !== null) return { jobId: null }
      const already = [...inWork].find(([, made]) => made === dataset)
      if (already !== undefined) return { jobId: already[0] }
      const job = jobs.start({
        route: 'sample',
        input: { dataset },
        title: `Making the sample “${dataset.slice(samplePrefix.length)}”`,
      })
      inWork.set(job.id, dataset)
      void job.ended.then(({ result }) => ended(job.id, dataset, result.ok, null))
      return { jobId: job.id }
    },

    async 'datasets.remove'({ dataset }) {
      const trained = await trainedNow(services)
      if (trained.includes(dataset) || [...inWork.values()].includes(dataset)) {
        throw new VitrineError('unavailable', 'This dataset is in use by a job: wait for its end, or cancel it first.')
      }
      await datasets.remove(dataset)
      announce({ type: 'datasets-changed' })
      return {}
    },
  }
}

/** Datasets of the runs that are being trained, by this window or from a terminal. */
async function trainedNow({ runs }: Services): Promise<string[]> {
  const all = await runs.list()
  return all.filter((run) => run.record.status === 'running').map((run) => run.record.config.data.dataset)
}
