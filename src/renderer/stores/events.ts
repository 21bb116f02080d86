import type { WindowEvent } from '@shared/contract/windowRoutes'
import { useCurves } from './curves'
import { useDatasets } from './datasets'
import { useEvaluations } from './evaluations'
import { useInspection } from './inspection'
import { useJobs } from './jobs'
import { useQuestionProgress } from './longAnswer'
import { useNotices } from './notices'
import { useRuns } from './runs'

/** Hands main's events to the stores; returns what ends it. */
export function connectEvents(): () => void {
  const jobs = useJobs()
  const runs = useRuns()
  const curves = useCurves()
  const datasets = useDatasets()
  const evaluations = useEvaluations()
  const inspection = useInspection()
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
      case 'runs-changed':
        void runs.load()
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
    }
  }

  return window.vitrine.subscribe((events) => events.forEach(handle))
}
