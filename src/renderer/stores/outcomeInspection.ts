import { useRouter } from 'vue-router'
import type { ShownEvaluation } from '@shared/contract/windowRoutes'
import { evaluationPlace } from '@shared/evaluationFolder'
import { useInspection } from './inspection'
import type { IndexedRecord } from './recordsByIndex'

/** Opens an image of an evaluation in the inspection, with the model that was evaluated. */
export function useOutcomeInspection(): (
  runId: string,
  shown: ShownEvaluation,
  record: IndexedRecord,
  label: string,
) => Promise<void> {
  const router = useRouter()
  const inspection = useInspection()
  return async (runId, { id, evaluation }, { index, url, side }, label) => {
    const { dataset, checkpoint } = evaluation
    const place = evaluationPlace(id)
    inspection.choose(
      place === null ? { from: 'file', path: checkpoint.file } : { from: 'run', runId, name: place.checkpoint },
    )
    const key = `${dataset.id} ${index}`
    inspection.addImages([
      {
        key,
        ref: { from: 'dataset', dataset: dataset.id, index },
        name: `${label} · ${dataset.name} ${index}`,
        raw: { url, side },
      },
    ])
    inspection.selectedKey = key
    await router.push('/inspect')
  }
}
