import { checkpointsAmong, checkpointWords } from '@shared/checkpointNames'
import { evaluationFiles, evaluationsFolder } from '@shared/evaluationFolder'
import { runFiles } from '@shared/folders'

const known: ReadonlyMap<string, string> = new Map([
  [runFiles.record, 'Settings, dataset, device and status'],
  [runFiles.metrics, 'Losses and other figures of every step and epoch'],
  [runFiles.log, 'What happened when'],
  [runFiles.notes, 'Tags and notes'],
])

const evaluationWords: ReadonlyMap<string, string> = new Map([
  [evaluationFiles.record, 'Figures of an evaluation'],
  [evaluationFiles.outcomes, 'What the model said about each image, as an array'],
  [evaluationFiles.confusion, 'Confusion matrix, as an array'],
  [evaluationFiles.confusionTable, 'Confusion matrix, as a table'],
])

/** What a file in a run's folder is, by its path below the folder; empty for what Vitrine did not write. */
export function fileWords(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  if (folder === runFiles.checkpoints || folder === runFiles.snapshots) {
    const [checkpoint] = checkpointsAmong([name])
    if (checkpoint !== undefined) return `Weights: ${checkpointWords(checkpoint).toLowerCase()}`
    return name.includes('.optimizer.') ? 'State of the optimiser, for going on' : ''
  }
  if (folder.startsWith(evaluationsFolder)) {
    if (name.startsWith(evaluationFiles.images)) return 'What the model said about each image'
    if (name.startsWith(evaluationFiles.classes)) return 'Figures of each class'
    if (name.startsWith(evaluationFiles.history)) return 'Figures of each epoch'
    return evaluationWords.get(name) ?? ''
  }
  return known.get(path) ?? ''
}
