import path from 'node:path'
import { VitrineError } from '@shared/errors'
import { samplePrefix } from '@shared/folders'
import type { EngineInput } from '@shared/contract/engineRoutes'
import { Downloads } from '../host/downloads'
import { exists, freeFolder } from '../host/folderNames'
import type { StartedJob } from '../host/jobs'
import { logWarning } from '../host/log'
import { UnfinishedPreparations } from '../host/unfinishedPreparations'
import type { Services, WindowHandlers } from './services'

type DatasetRoute =
  | 'datasets.list'
  | 'datasets.page'
  | 'datasets.records'
  | 'datasets.prepare'
  | 'datasets.update'
  | 'datasets.unfinished'
  | 'datasets.resume'
  | 'datasets.discard'
  | 'datasets.make'
  | 'datasets.downloads'
  | 'datasets.download'
  | 'datasets.removeDownload'
  | 'datasets.rename'
  | 'datasets.remove'
  | 'datasets.duplicates'
  | 'datasets.originalSizes'
  | 'datasets.deduplicate'

type DatasetJob = 'prepare' | 'download' | 'sample' | 'deduplicate'

export function datasetHandlers(services: Services): Pick<WindowHandlers, DatasetRoute> {
  const { datasets, jobs, announce } = services
  const unfinished = new UnfinishedPreparations(services.datasetsFolder)
  const downloads = new Downloads(services.downloadsFolder, services.settings)
  /** Datasets that a job of this session makes, by the job. */
  const inWork = new Map<string, string>()
  /** Jobs that fetch an archive, by what they fetch. */
  const fetching = new Map<string, string>()

  /** What follows the end of a job that made a dataset; `name` is the one it is to have. */
  function follow(job: StartedJob<DatasetJob>, dataset: string, name: string | null): { jobId: string } {
    inWork.set(job.id, dataset)
    void job.ended.then(async ({ result }) => {
      inWork.delete(job.id)
      try {
        if (!result.ok) await datasets.removeUnfinished(dataset)
        else if (name !== null) await datasets.rename(dataset, name)
      } catch (error) {
        logWarning('datasets', `${dataset}: ${String(error)}`)
      }
      announce({ type: 'datasets-changed' })
    })
    return { jobId: job.id }
  }

  function startPreparing(input: EngineInput<'prepare'>, name: string): { jobId: string } {
    return follow(jobs.start({ route: 'prepare', input, title: `Preparing ${name}` }), input.out, name)
  }

  /** @throws VitrineError `unavailable` */
  async function mustBeIdle(dataset: string): Promise<void> {
    const trained = await trainedNow(services)
    if (trained.includes(dataset) || [...inWork.values()].includes(dataset)) {
      throw new VitrineError('unavailable', 'This dataset is in use by a job: wait for its end, or cancel it first.')
    }
  }

  return {
    'datasets.list': async () => ({ datasets: await datasets.list() }),
    'datasets.page': (request) => datasets.page(request),
    'datasets.records': ({ dataset, indices }) => datasets.recordsAt(dataset, indices),
    'datasets.duplicates': (request) => datasets.duplicates(request),
    'datasets.originalSizes': ({ dataset }) => datasets.originalSizes(dataset),

    async 'datasets.prepare'({ name, ...input }) {
      if (!(await exists(input.source))) {
        throw new VitrineError('not-found', `There is no file or folder ${input.source}: choose another.`)
      }
      const chosenName = name.trim() || nameOfSource(input.source)
      const out = await freeFolder(services.datasetsFolder, chosenName)
      return { ...startPreparing({ ...input, out }, chosenName), dataset: out }
    },

    async 'datasets.update'({ dataset }) {
      const { source, imageSize, name, preparation } = await datasets.prepared(dataset)
      if (preparation === undefined) {
        throw new VitrineError('unavailable', `How “${name}” was prepared isn't known: prepare its images once more.`)
      }
      await mustBeIdle(dataset)
      const { valFraction, seed, background } = preparation
      return startPreparing({ source, out: dataset, imageSize, valFraction, seed, background }, name)
    },

    async 'datasets.unfinished'() {
      const active = [...inWork.values()]
      const all = await unfinished.list()
      return { preparations: all.filter(({ dataset }) => !active.includes(dataset)) }
    },

    async 'datasets.resume'({ dataset }) {
      const { source, imageSize, valFraction, seed, background, name } = await unfinished.header(dataset)
      await mustBeIdle(dataset)
      return startPreparing({ source, out: dataset, imageSize, valFraction, seed, background }, name)
    },

    async 'datasets.discard'({ dataset }) {
      await mustBeIdle(dataset)
      await unfinished.discard(dataset)
      announce({ type: 'datasets-changed' })
      return {}
    },

    async 'datasets.make'({ dataset }) {
      if (!dataset.startsWith(samplePrefix)) {
        throw new VitrineError('invalid-input', `“${dataset}” is not a sample, so it can't be made.`)
      }
      if ((await datasets.manifest(dataset)) !== null) return { jobId: null }
      const already = [...inWork].find(([, made]) => made === dataset)
      if (already !== undefined) return { jobId: already[0] }
      const title = `Making the sample “${dataset.slice(samplePrefix.length)}”`
      return follow(jobs.start({ route: 'sample', input: { dataset }, title }), dataset, null)
    },

    'datasets.downloads': async () => ({ address: downloads.address(), downloads: await downloads.list() }),

    async 'datasets.download'({ id, imageSize }) {
      const running = fetching.get(id)
      if (running !== undefined) return { jobId: running }
      const { name, ...archive } = downloads.find(id)
      const out = await freeFolder(services.datasetsFolder, name)
      const job = jobs.start({ route: 'download', input: { ...archive, out, imageSize }, title: `Getting ${name}` })
      fetching.set(id, job.id)
      void job.ended.then(() => fetching.delete(id))
      return follow(job, out, name)
    },

    async 'datasets.removeDownload'({ id }) {
      if (fetching.has(id)) throw new VitrineError('unavailable', 'It is being downloaded: cancel that first.')
      await downloads.remove(id)
      return {}
    },

    async 'datasets.rename'({ dataset, name }) {
      await datasets.prepared(dataset)
      await mustBeIdle(dataset)
      const manifest = await datasets.rename(dataset, name)
      announce({ type: 'datasets-changed' })
      return manifest
    },

    async 'datasets.deduplicate'({ dataset, action }) {
      const { name } = await datasets.prepared(dataset)
      await mustBeIdle(dataset)
      const title = `Removing duplicates of ${name}`
      return follow(jobs.start({ route: 'deduplicate', input: { dataset, action }, title }), dataset, null)
    },

    async 'datasets.remove'({ dataset }) {
      await mustBeIdle(dataset)
      await datasets.remove(dataset)
      if (!dataset.startsWith(samplePrefix)) await unfinished.discard(dataset)
      announce({ type: 'datasets-changed' })
      return {}
    },
  }
}

function nameOfSource(source: string): string {
  return path.basename(source).replace(/\.(zip|tar|tgz|tar\.gz|csv|tsv|jsonl?|ndjson)$/i, '')
}

/** Datasets of the runs that are being trained, by this window or from a terminal. */
async function trainedNow({ runs }: Services): Promise<string[]> {
  const { runs: all } = await runs.list()
  return all.filter((run) => run.record.status === 'running').map((run) => run.record.config.data.dataset)
}
