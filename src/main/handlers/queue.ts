import { runFolderName } from '@shared/folderNames'
import { checkConfig } from './checkConfig'
import type { Services, WindowHandlers } from './services'

type QueueRoute =
  | 'queue.get'
  | 'queue.add'
  | 'queue.move'
  | 'queue.remove'
  | 'queue.restore'
  | 'queue.pause'
  | 'queue.goOn'
  | 'queue.stopAll'
  | 'queue.startNow'

export function queueHandlers(services: Services): Pick<WindowHandlers, QueueRoute> {
  const { jobs, queue } = services
  return {
    'queue.get': () => queue.state(),

    async 'queue.add'({ configs }) {
      for (const config of configs) await checkConfig(services, config)
      const now = new Date()
      const runs = await queue.add(
        configs.map((config) => ({
          runId: runFolderName(config.name, now),
          title: config.name || config.data.dataset,
          resume: false,
          config,
        })),
      )
      const started = runs.find(({ jobId }) => jobId !== null)
      return { startedRunId: started?.runId ?? null, queued: runs.length - (started === undefined ? 0 : 1) }
    },

    async 'queue.move'({ runId, to }) {
      await queue.move(runId, to)
      return {}
    },

    async 'queue.remove'({ runIds }) {
      await queue.remove(runIds)
      return {}
    },

    async 'queue.restore'({ runIds }) {
      await queue.restore(runIds)
      return {}
    },

    async 'queue.pause'() {
      await queue.pause()
      return {}
    },

    async 'queue.goOn'() {
      await queue.goOn()
      return {}
    },

    async 'queue.stopAll'() {
      await queue.pause()
      for (const job of jobs.active()) if (job.kind === 'train') jobs.stop(job.id)
      return {}
    },

    async 'queue.startNow'({ runId }) {
      await queue.startNow(runId)
      return {}
    },
  }
}
