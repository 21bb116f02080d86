import type { PreparedDataset } from '@engine/data/dataset'
import { loadRecord } from '@engine/inspect/imageSource'
import { stretch } from '@engine/inspect/overlay'
import { formatCount, formatPercent } from '@shared/format/numbers'
import { aspectBox } from './aspectBox'
import type { FoundEvaluation, Outcome } from './foundEvaluation'
import { html, type Html } from './html'
import { grid, note, paragraph, type Section } from './page'
import { photograph } from './pictures'

/** Thumbnails in a report. */
const shownErrors = 24
const thumbnailSide = 112

/** The mistakes that the model was most sure of. */
function surestErrors(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes
    .filter(({ label, prediction }) => label !== prediction)
    .sort((a, b) => b.predictionProbability - a.predictionProbability)
    .slice(0, shownErrors)
}

/** @param dataset null where it is not there any more, or another than the evaluation's */
export async function errorSection(found: FoundEvaluation, dataset: PreparedDataset | null): Promise<Section> {
  return { id: 'errors', title: 'Errors', body: await errorBody(found, dataset) }
}

async function errorBody({ record, outcomes }: FoundEvaluation, dataset: PreparedDataset | null): Promise<Html> {
  const errors = outcomes.filter(({ label, prediction }) => label !== prediction).length
  if (errors === 0) return paragraph('Every image was recognised.')
  const count = `${formatCount(errors)} of ${formatCount(outcomes.length)} images were not recognised.`
  if (dataset === null || dataset.manifest.createdAt !== record.dataset.createdAt) {
    return note(`${count} Their pictures are not here, because the dataset is gone or was prepared again since.`)
  }
  const className = (index: number) => record.classes[index] ?? `class ${index}`
  const pictures: Html[] = []
  for (const outcome of surestErrors(outcomes)) {
    const { modelInput, width, height, name } = await loadRecord(dataset, outcome.index, dataset.manifest.imageSize)
    const box = aspectBox(width, height, thumbnailSide)
    const picture = await photograph(await stretch(modelInput, box.width, box.height), name)
    const words = html`<strong>${className(outcome.label)}</strong> taken for
      <strong>${className(outcome.prediction)}</strong>, ${formatPercent(outcome.predictionProbability, 0)} sure`
    pictures.push(
      html`<figure>
        ${picture}
        <figcaption>${words}</figcaption>
      </figure>`,
    )
  }
  return html`${note(`${count} The ones that the model was surest of:`)}${grid(pictures, 'thumbnails')}`
}
