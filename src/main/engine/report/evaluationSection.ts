import { basename } from 'node:path'
import type { Calibration, EvaluationRecord } from '@shared/contract/evaluation'
import { formatCount, formatPercent } from '@shared/format/numbers'
import { confusionDrawing, confusionPicture, namedClasses } from './confusion'
import type { FoundEvaluation } from './foundEvaluation'
import { html, type Html } from './html'
import { factCards, figure, note, table, type Section } from './page'
import { pixelPicture } from './pictures'

/** Classes in the table; the rest is in the evaluation's own files. */
const listedClasses = 200

const splitWords = { train: 'training', val: 'validation' } as const

export function evaluationSection({ record }: FoundEvaluation): Section {
  const { figures, checkpoint, split, flip, classes } = record
  const epoch = checkpoint.epoch === null ? '' : ` after epoch ${checkpoint.epoch}`
  const twice = flip ? ', each image also mirrored' : ''
  const measured = `${basename(checkpoint.file)}${epoch} on the ${splitWords[split]} images of ${record.dataset.name}${twice}.`
  const rows = figures.perClass
    .slice(0, listedClasses)
    .map(({ support, precision, recall, f1 }, index) => [
      classes[index] ?? '',
      formatCount(support),
      formatPercent(precision),
      formatPercent(recall),
      f1.toFixed(3),
    ])
  const left = classes.length - rows.length
  const body = html`${note(measured)}${factCards(evaluationFacts(record))}
    <h3>Reliability</h3>
    ${figure(
      reliabilityDrawing(figures.calibration),
      'How often predictions are right, by how sure the model was. Bars below the dashed line: surer than right.',
    )}
    <h3>Classes</h3>
    ${table(['Class', 'Images', 'Precision', 'Recall', 'F1'], rows, [1, 2, 3, 4])}${
      left > 0 ? note(`and ${formatCount(left)} classes more`) : ''
    }`
  return { id: 'evaluation', title: 'Evaluation', body }
}

function evaluationFacts({ figures }: EvaluationRecord): [string, string][] {
  return [
    ['Accuracy', formatPercent(figures.accuracy)],
    ['Top 5', formatPercent(figures.top5)],
    ['Balanced accuracy', formatPercent(figures.balancedAccuracy)],
    ['Macro F1', figures.macro.f1.toFixed(3)],
    ['Loss', figures.loss.toFixed(4)],
    ['Calibration error', formatPercent(figures.calibration.expectedError)],
    ['Images', formatCount(figures.images)],
  ]
}

const diagram = { width: 540, height: 250, left: 48, right: 512, top: 10, bottom: 210 }

/** Reliability diagram: bars at the shares that are right, and the line that a calibrated model lies on. */
function reliabilityDrawing({ bins }: Calibration): Html {
  const { width, height, left, right, top, bottom } = diagram
  const x = (share: number) => left + share * (right - left)
  const y = (share: number) => bottom - share * (bottom - top)
  const largest = Math.max(1, ...bins.map(({ count }) => count))
  const bars = bins.map(({ low, high, accuracy, count }) => {
    const share = accuracy ?? 0
    return html`<rect
      x="${(x(low) + 1).toFixed(1)}"
      y="${y(share).toFixed(1)}"
      width="${(x(high) - x(low) - 2).toFixed(1)}"
      height="${(bottom - y(share)).toFixed(1)}"
      fill="var(--accent)"
      fill-opacity="${(0.3 + 0.7 * Math.sqrt(count / largest)).toFixed(2)}"
    /> `
  })
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      html`<line x1="${left}" x2="${right}" y1="${y(share)}" y2="${y(share)}" stroke="var(--hairline)" /><text
          x="${left - 8}"
          y="${y(share)}"
          dy="0.35em"
          text-anchor="end"
          >${formatPercent(share, 0)}</text
        ><text x="${x(share)}" y="${bottom + 16}" text-anchor="middle">${formatPercent(share, 0)}</text> `,
  )
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    style="max-width: 640px"
    role="img"
    aria-label="Reliability diagram"
  >
    ${marks}${bars}
    <line
      x1="${x(0)}"
      y1="${y(0)}"
      x2="${x(1)}"
      y2="${y(1)}"
      stroke="var(--muted)"
      stroke-width="1.5"
      stroke-dasharray="5 4"
    />
    <text x="${(left + right) / 2}" y="${bottom + 34}" text-anchor="middle">probability of the prediction</text>
  </svg>`
}

/** The confusion matrix, with names and numbers where they have room. */
export async function confusionSection({ record, confusion }: FoundEvaluation): Promise<Section> {
  const { classes } = record
  const body =
    classes.length <= namedClasses
      ? figure(
          html`<div class="scroll">${confusionDrawing(confusion, classes)}</div>`,
          'Labels down, predictions across; colours by share of the row.',
          'confusion',
        )
      : figure(
          await pixelPicture(
            confusionPicture(confusion, classes.length),
            'Confusion matrix: labels down, predictions across',
            Math.max(classes.length, 600),
          ),
          `Labels down, predictions across, ${formatCount(classes.length)} classes; the stronger the colour, the larger the share of the row.`,
        )
  return { id: 'confusion', title: 'Confusion', body }
}
