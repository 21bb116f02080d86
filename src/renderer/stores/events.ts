import type { MenuTarget, WindowEvent } from '@shared/contract/windowRoutes'
import { useComparison } from './comparison'
import { useCurves } from './curves'
import { useDatasets } from './datasets'
import { useEvaluations } from './evaluations'
import { useInspection } from './inspection'
import { useJobs } from './jobs'
import { useQuestionProgress } from './longAnswer'
import { useNotices } from './notices'
import { useQueue } from './queue'
import { useRuns } from './runs'

/**
 * Hands main's events to the stores; returns what ends it.
 * @param openRequested opens the files that main has for the window
 * @param show shows what was chosen in the menu
 */
export function connectEvents(openRequested: () => Promise<void>, show: (what: MenuTarget) => void): () => void {
  const jobs = useJobs()
  const queue = useQueue()
  const runs = useRuns()
  const curves = useCurves()
  const datasets = useDatasets()
  const evaluations = useEvaluations()
  const inspection = useInspection()
  const comparison = useComparison()
  const progress = useQuestionProgress()
  const notices = useNotices()

  function handle(event: WindowEvent): void {
    switch (event.type) {
      case 'job':
      case 'job-removed':
        jobs.apply(event)
        return
      case 'metrics':
        curves.append(event.runId, event.lines)
        return
      case 'queue':
        queue.apply(event.queue)
        return
      case 'show':
        show(event.what)
        return
      case 'update-available':
        notices.info(`Vitrine ${event.version} is there.`)
        return
      case 'runs-changed':
        void runs.load()
        return
      case 'files-requested':
        void openRequested()
        return
      case 'datasets-changed':
        void datasets.load()
        return
      case 'evaluations-changed':
        void evaluations.renew(event.runId)
        return
      case 'inspect-progress':
        progress.apply(event.request, event.progress)
        return
      case 'inspector-restarted':
        notices.info(event.message)
        inspection.askAgain()
        comparison.askAgain()
    }
  }

  return window.vitrine.subscribe((events) => events.forEach(handle))
}
