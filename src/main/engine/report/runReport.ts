import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkpointFile, checkpointsAmong, checkpointWords } from '@shared/checkpointNames'
import { failureOf } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { formatCount, formatDate, formatMeasure, formatPercent, formatShort } from '@shared/format/numbers'
import type { CheckpointName, MetricLine, RunRecord } from '@shared/contract/records'
import { pinnedIndices } from '@shared/pinnedImages'
import type { PreparedDataset } from '@engine/data/dataset'
import { ProgressReporter } from '@engine/data/progress'
import { resolveDataset } from '@engine/data/resolve'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { throwIfCalledOff } from '@engine/inspect/calledOff'
import { loadRecord } from '@engine/inspect/imageSource'
import type { EnginePlaces, JobContext } from '@engine/job'
import { readMetrics, readRunRecord } from '@engine/runs/runFolder'
import { readCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import type { ReportImage } from './attentionSection'
import { curveSection } from './curveSection'
import { errorSection } from './errorSection'
import { confusionSection, evaluationSection } from './evaluationSection'
import { findEvaluation } from './foundEvaluation'
import { html, nothing } from './html'
import { imageSections } from './imageSections'
import { filterSection, modelFacts, positionSection } from './modelSections'
import { factCards, note, renderPage, type Section } from './page'
import { settingsSection } from './settingsSection'

const subject = 'The report'

/**
 * Writes all there is to say of a run into one HTML file that needs nothing else.
 *
 * @throws VitrineError `not-found` or `unreadable` where the folder is no run, `cancelled`
 */
export async function writeRunReport(
  runFolder: string,
  out: string,
  places: EnginePlaces,
  context: JobContext,
): Promise<void> {
  const record = await readRunRecord(runFolder)
  const metrics = await readMetrics(runFolder)
  const dataset = await openDataset(record, places, context)
  try {
    const sections = [
      overview(record, metrics),
      curveSection(record, metrics),
      ...(await evaluationSections(runFolder, dataset.opened)),
      ...(await checkpointSections(runFolder, dataset, context)),
      settingsSection(record),
    ]
    throwIfCalledOff(context, subject)
    const title = record.name === '' ? record.id : record.name
    const subtitle = `Training run of ${formatDate(record.createdAt)} on ${record.dataset.name}`
    await writeFileAtomic(out, renderPage({ title, subtitle, sections }))
  } finally {
    await dataset.opened?.close()
  }
}

type FoundDataset = { opened: PreparedDataset } | { opened: null; reason: string }

/** A report is worth having without the dataset as well. @throws VitrineError `cancelled` */
async function openDataset(record: RunRecord, places: EnginePlaces, context: JobContext): Promise<FoundDataset> {
  try {
    return { opened: await resolveDataset(record.config.data.dataset, places.home, places.resources, context) }
  } catch (error) {
    const { kind, message } = failureOf(error)
    if (kind === 'cancelled' || kind === 'internal') throw error
    return { opened: null, reason: message }
  }
}

function overview(record: RunRecord, lines: readonly MetricLine[]): Section {
  const { sizes, dataset, best, config } = record
  const epochs = lines.filter((line) => line.type === 'epoch')
  const last = epochs.at(-1)
  const facts: [string, string][] = [
    ['Status', record.status],
    ['Epochs', `${epochs.length} of ${config.train.epochs}`],
    ['Steps', formatCount(lines.filter((line) => line.type === 'step').length)],
    ['Model', config.model.preset === undefined ? 'own sizes' : `ViT-${config.model.preset}`],
    ['Width, layers, heads', `${sizes.embedDim}, ${sizes.depth}, ${sizes.numHeads}`],
    ['Image, patch', `${sizes.imageSize} px, ${sizes.patchSize} px`],
    ['Parameters', formatShort(record.parameters)],
    ['Training images', formatCount(dataset.trainCount)],
    ['Validation images', formatCount(dataset.valCount)],
    ['Classes', formatCount(dataset.classes.length)],
  ]
  if (last !== undefined && last.val_acc !== null) facts.push(['Last accuracy', formatPercent(last.val_acc)])
  if (best !== null) {
    const value = best.monitor === 'val_acc' ? formatPercent(best.value) : `loss ${formatMeasure(best.value)}`
    facts.push(['Best', `${value}, epoch ${best.epoch}`])
  }
  const reason = record.reason === null ? nothing : note(record.reason)
  return { id: 'overview', title: 'Overview', body: html`${factCards(facts)}${reason}` }
}

async function evaluationSections(runFolder: string, dataset: PreparedDataset | null): Promise<Section[]> {
  const found = await findEvaluation(runFolder)
  if (found === null) {
    const body = note('This run has not been evaluated: there is no confusion matrix and no list of errors.')
    return [{ id: 'evaluation', title: 'Evaluation', body }]
  }
  return [evaluationSection(found), await confusionSection(found), await errorSection(found, dataset)]
}

async function checkpointSections(runFolder: string, dataset: FoundDataset, context: JobContext): Promise<Section[]> {
  const name = await firstCheckpoint(runFolder)
  if (name === undefined) {
    return [{ id: 'model', title: 'Model', body: note('No checkpoint of this run was kept.') }]
  }
  const checkpoint = await readCheckpoint(join(runFolder, ...checkpointFile(name)))
  const words = note(`Checkpoint “${checkpointWords(name)}”.`)
  const model = { id: 'model', title: 'Model', body: html`${words}${factCards(modelFacts(checkpoint))}` }
  return [
    model,
    await filterSection(checkpoint),
    await positionSection(checkpoint),
    ...(await attentionSections(checkpoint, dataset, context)),
  ]
}

/** The best one where there is one, otherwise the last. */
async function firstCheckpoint(runFolder: string): Promise<CheckpointName | undefined> {
  const folders = [runFiles.checkpoints, runFiles.snapshots].map((name) => join(runFolder, name))
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))
  return checkpointsAmong(files.flat())[0]
}

async function attentionSections(
  checkpoint: Checkpoint,
  dataset: FoundDataset,
  context: JobContext,
): Promise<Section[]> {
  if (dataset.opened === null) {
    return [{ id: 'attention', title: 'Attention', body: note(`There are no images to show: ${dataset.reason}`) }]
  }
  const { opened } = dataset
  const { imageSize } = checkpoint.sizes
  const indices = pinnedIndices(opened.manifest)
  const progress = new ProgressReporter(context, 'Writing the report', indices.length)
  const images: ReportImage[] = []
  for (const index of indices) images.push(await loadRecord(opened, index, imageSize))
  return imageSections(images, checkpoint, () => {
    throwIfCalledOff(context, subject)
    progress.advance()
  })
}
