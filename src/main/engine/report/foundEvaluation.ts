import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluationRecordSchema, type EvaluationRecord } from '@shared/contract/evaluation'
import { evaluationFiles, evaluationsFolder, outcomeColumns } from '@shared/evaluationFolder'
import { parseJson } from '@shared/json'
import { readNpy } from '@engine/formats/npy'

/** What happened to one image. */
export interface Outcome {
  /** The dataset's record. */
  index: number
  label: number
  prediction: number
  labelProbability: number
  predictionProbability: number
  loss: number
}

export interface FoundEvaluation {
  record: EvaluationRecord
  /** [classes, classes], rows are labels. */
  confusion: Int32Array
  outcomes: Outcome[]
}

/** The newest whole evaluation of a run; null where there is none. A damaged one is passed over. */
export async function findEvaluation(runFolder: string): Promise<FoundEvaluation | null> {
  const folder = join(runFolder, evaluationsFolder)
  const names = await readdir(folder).catch(() => [])
  const records = await Promise.all(names.map(async (name) => ({ name, record: await readRecord(join(folder, name)) })))
  const newestFirst = records
    .flatMap(({ name, record }) => (record === null ? [] : [{ name, record }]))
    .sort((a, b) => b.record.createdAt.localeCompare(a.record.createdAt))
  for (const { name, record } of newestFirst) {
    const found = await readEvaluation(join(folder, name), record)
    if (found !== null) return found
  }
  return null
}

async function readRecord(folder: string): Promise<EvaluationRecord | null> {
  const text = await readFile(join(folder, evaluationFiles.record), 'utf8').catch(() => '')
  const parsed = evaluationRecordSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : null
}

async function readEvaluation(folder: string, record: EvaluationRecord): Promise<FoundEvaluation | null> {
  try {
    const confusion = await readNpy(join(folder, evaluationFiles.confusion))
    const outcomes = await readNpy(join(folder, evaluationFiles.outcomes))
    const isWhole = confusion.data.length === record.classes.length ** 2 && outcomes.shape[1] === outcomeColumns.length
    if (!isWhole) return null
    return { record, confusion: Int32Array.from(confusion.data), outcomes: outcomesOf(outcomes.data) }
  } catch {
    return null
  }
}

function outcomesOf(values: ArrayLike<number>): Outcome[] {
  const width = outcomeColumns.length
  return Array.from({ length: values.length / width }, (_, row) => {
    const value = (name: (typeof outcomeColumns)[number]) => values[row * width + outcomeColumns.indexOf(name)] ?? 0
    return {
      index: value('index'),
      label: value('label'),
      prediction: value('prediction'),
      labelProbability: value('labelProbability'),
      predictionProbability: value('predictionProbability'),
      loss: value('loss'),
    }
  })
}
