import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { evaluationRecordSchema } from '@shared/contract/evaluation'
import type { ShownEvaluation } from '@shared/contract/windowRoutes'
import { evaluationFiles, evaluationsFolder, outcomeColumns } from '@shared/evaluationFolder'
import { parseJson } from '@shared/json'
import { isMissing } from './jsonFile'
import { logWarning } from './log'

/** The evaluations in the folders of runs; those of the command line count as well. */
export class EvaluationStore {
  /** @param runFolderOf throws for what is no run's id */
  constructor(private readonly runFolderOf: (runId: string) => string) {}

  folderOf(runId: string, name: string): string {
    return path.join(this.runFolderOf(runId), evaluationsFolder, name)
  }

  /** Newest first; a folder without a whole evaluation is left out. */
  async list(runId: string): Promise<ShownEvaluation[]> {
    const names = await folderNames(path.join(this.runFolderOf(runId), evaluationsFolder))
    const found = await Promise.all(names.map((name) => this.read(runId, name)))
    return found
      .filter((shown) => shown !== null)
      .sort((a, b) => b.evaluation.createdAt.localeCompare(a.evaluation.createdAt))
  }

  private async read(runId: string, id: string): Promise<ShownEvaluation | null> {
    let text: string
    try {
      text = await readFile(path.join(this.folderOf(runId, id), evaluationFiles.record), 'utf8')
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
    const parsed = evaluationRecordSchema.safeParse(parseJson(text))
    if (!parsed.success) {
      logWarning('evaluations', `${runId}: ${id} is damaged`)
      return null
    }
    const { classes, figures, embedding } = parsed.data
    const address = (file: string) =>
      `vitrine://app/evaluation/${encodeURIComponent(runId)}/${encodeURIComponent(id)}/${file}`
    return {
      id,
      evaluation: parsed.data,
      confusion: { url: address(evaluationFiles.confusion), shape: [classes.length, classes.length] },
      outcomes: { url: address(evaluationFiles.outcomes), shape: [figures.images, outcomeColumns.length] },
      embedding:
        embedding === undefined
          ? null
          : {
              images: { url: address(evaluationFiles.embeddedImages), shape: [embedding.images] },
              scores: {
                url: address(evaluationFiles.embeddingScores),
                shape: [embedding.images, embedding.explainedShares.length],
              },
            },
    }
  }
}

async function folderNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
