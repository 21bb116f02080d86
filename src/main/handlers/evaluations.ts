import path from 'node:path'
import { checkpointFile, checkpointWords } from '@shared/checkpointNames'
import { VitrineError } from '@shared/errors'
import { evaluationFolderName } from '@shared/evaluationFolder'
import { EvaluationStore } from '../host/evaluationStore'
import type { Services, WindowHandlers } from './services'

export function evaluationHandlers({
  runs,
  jobs,
  announce,
}: Pick<Services, 'runs' | 'jobs' | 'announce'>): Pick<WindowHandlers, 'evaluations.list' | 'evaluations.start'> {
  const evaluations = new EvaluationStore((runId) => runs.folderOf(runId))
  /** Folders that a job of this session writes into. */
  const inWork = new Set<string>()
  return {
    'evaluations.list': async ({ runId }) => ({ evaluations: await evaluations.list(runId) }),

    async 'evaluations.start'({ runId, checkpoint, split, flip }) {
      const { record, folder, checkpoints } = await runs.get(runId)
      const words = checkpointWords(checkpoint)
      if (!checkpoints.includes(checkpoint)) {
        throw new VitrineError('not-found', `“${record.name}” has no checkpoint “${words}”: choose another.`)
      }
      const out = evaluations.folderOf(runId, evaluationFolderName({ checkpoint, split, flip }))
      if (inWork.has(out)) throw new VitrineError('unavailable', 'This evaluation is under way: wait for its end.')
      const job = jobs.start({
        route: 'evaluate',
        input: {
          checkpoint: path.join(folder, ...checkpointFile(checkpoint)),
          dataset: record.config.data.dataset,
          split,
          flip,
          precision: record.config.train.precision,
          out,
        },
        title: `Evaluating ${record.name}`,
        runId,
      })
      inWork.add(out)
      void job.ended.then(() => {
        inWork.delete(out)
        announce({ type: 'evaluations-changed', runId })
      })
      return { jobId: job.id }
    },
  }
}
