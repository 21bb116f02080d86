import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { EvaluationRecord } from '@shared/contract/evaluation'
import type { EpochMetrics, MetricLine, RecordOrigin } from '@shared/contract/records'
import { evaluationFiles } from '@shared/evaluationFolder'
import { runFiles } from '@shared/folders'
import { writeFileAtomic } from '../formats/atomicWrite'
import { encodeNpyRecords, writeNpy } from '../formats/npy'
import { encodeParquet } from '../formats/parquet'
import { encodeCsv, type Column } from '../formats/table'
import { readMetrics } from '../runs/runFolder'
import type { Embeddings } from './embeddings'
import { classTable, confusionTable, historyColumns, imageTable, outcomeArray, type EvaluatedImages } from './tables'

interface EvaluationResults {
  record: EvaluationRecord
  images: EvaluatedImages
  origins: readonly RecordOrigin[]
  /** [classes, classes] */
  confusion: Int32Array
  embeddings: Embeddings & { scores: Float32Array }
  /** Of the training; empty where nothing is known of it. */
  history: readonly EpochMetrics[]
}

function isEpoch(line: MetricLine): line is EpochMetrics {
  return line.type === 'epoch'
}

/** The epochs of the run that a checkpoint lies in; none for a file that is in no run's folder. */
export async function historyBeside(checkpointFile: string): Promise<EpochMetrics[]> {
  const folder = dirname(checkpointFile)
  const isRuns = [runFiles.checkpoints, runFiles.snapshots].some((name) => name === basename(folder))
  return isRuns ? (await readMetrics(dirname(folder))).filter(isEpoch) : []
}

async function writeTable(folder: string, name: string, columns: readonly Column[]): Promise<void> {
  await writeFileAtomic(join(folder, `${name}.parquet`), encodeParquet(columns))
  await writeFileAtomic(join(folder, `${name}.csv`), encodeCsv(columns))
}

async function writeEmbeddings(folder: string, { images, values, width, scores }: EvaluationResults['embeddings']) {
  const count = images.length
  await writeNpy(join(folder, evaluationFiles.embeddings), { shape: [count, width], data: values })
  await writeNpy(join(folder, evaluationFiles.embeddedImages), { shape: [count], data: images })
  const shape = [count, scores.length / count]
  await writeNpy(join(folder, evaluationFiles.embeddingScores), { shape, data: scores })
}

/**
 * Writes an evaluation into a folder that is there; an earlier one in it is replaced. Its record comes
 * last, and the earlier record goes first: a folder with a record is whole.
 */
export async function writeResults(folder: string, results: EvaluationResults): Promise<void> {
  const { record, images, origins, confusion, embeddings, history } = results
  const { classes, figures } = record
  const recordPath = join(folder, evaluationFiles.record)
  await rm(recordPath, { force: true })
  await writeTable(folder, evaluationFiles.images, imageTable(images, origins))
  await writeTable(folder, evaluationFiles.classes, classTable(figures, classes))
  await writeNpy(join(folder, evaluationFiles.outcomes), outcomeArray(images))
  await writeNpy(join(folder, evaluationFiles.confusion), { shape: [classes.length, classes.length], data: confusion })
  await writeFileAtomic(join(folder, evaluationFiles.confusionTable), encodeCsv(confusionTable(confusion, classes)))
  await writeEmbeddings(folder, embeddings)
  if (history.length > 0) {
    const columns = historyColumns(history)
    await writeFileAtomic(join(folder, `${evaluationFiles.history}.npy`), encodeNpyRecords(columns))
    const table = [...columns].map(([name, values]): Column => ({ name, kind: 'number', values }))
    await writeFileAtomic(join(folder, `${evaluationFiles.history}.csv`), encodeCsv(table))
  }
  await writeFileAtomic(recordPath, `${JSON.stringify(record, null, 2)}\n`)
}
