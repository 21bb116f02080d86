import { formatCount } from '../format/numbers'
import { confusionPixels, confusionStrengths, rowSums, type ConfusionColours } from '../maps/confusion'
import { canvasOfPixels } from '../maps/pictureCanvas'
import type { NumberArray } from './numberFiles'
import { outlined, words, type Scene, type SceneTheme, type Shape } from './scene'

/** The part of a confusion matrix that is shown. */
interface ShownConfusion {
  /** [classes, classes], rows are labels. */
  counts: Int32Array
  classes: readonly string[]
  /** Which class is at which place. */
  order: readonly number[]
  by: 'count' | 'share'
  view: { row: number; column: number; span: number }
}

/** More rows than this are drawn without names and numbers. */
const namedRows = 60
const largestCell = 44
const smallestCell = 22
const wantedSide = 720
const longestName = 22

function shortened(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
}

export function confusionScene(
  shown: ShownConfusion,
  colours: ConfusionColours & { onStrong: string },
  theme: SceneTheme,
): Scene {
  const { counts, classes, order, by, view } = shown
  const { span } = view
  const isNamed = span <= namedRows
  const cell = isNamed ? Math.max(smallestCell, Math.min(largestCell, wantedSide / span)) : wantedSide / span
  const names = (start: number) =>
    Array.from({ length: span }, (_, place) => shortened(classes[order[start + place] ?? 0] ?? ''))
  const longest = Math.max(...[...names(view.row), ...names(view.column)].map((name) => name.length))
  const margin = isNamed ? Math.max(40, longest * 7 + 18) : 24
  const side = cell * span
  const strengths = confusionStrengths(counts, classes.length, by)
  const pixels = confusionPixels(strengths, { order, ...view, faintest: isNamed ? 0 : 0.4 }, span, colours)
  const box = { x: margin, y: margin, width: side, height: side }
  const shapes: Shape[] = [
    { kind: 'picture', source: canvasOfPixels(pixels, span, span), ...box, opacity: 1, pixelated: true },
    outlined(box, theme.line),
    words('labels down, predictions across', margin, 10, { colour: theme.mutedText, size: 11 }),
  ]
  if (isNamed) {
    const middle = (place: number) => margin + (place + 0.5) * cell
    names(view.row).forEach((name, place) => {
      shapes.push(words(name, margin - 6, middle(place), { colour: theme.text, anchor: 'end' }))
    })
    names(view.column).forEach((name, place) => {
      shapes.push(words(name, middle(place), margin - 6, { colour: theme.text, turn: -90 }))
    })
    shapes.push(...cellWords(shown, strengths, middle, { plain: theme.text, onStrong: colours.onStrong }))
  }
  const whole = margin + side + 12
  return { width: whole, height: whole, background: theme.background, fontFamily: theme.fontFamily, shapes }
}

function cellWords(
  { counts, classes, order, by, view }: ShownConfusion,
  strengths: Float32Array,
  middle: (place: number) => number,
  colours: { plain: string; onStrong: string },
): Shape[] {
  const total = classes.length
  const sums = rowSums(counts, total)
  const shapes: Shape[] = []
  for (let row = 0; row < view.span; row++) {
    for (let column = 0; column < view.span; column++) {
      const label = order[view.row + row] ?? 0
      const at = label * total + (order[view.column + column] ?? 0)
      const count = counts[at] ?? 0
      if (count === 0) continue
      const text =
        by === 'count' ? formatCount(count) : String(Math.round((100 * count) / Math.max(1, sums[label] ?? 1)))
      const colour = (strengths[at] ?? 0) > 0.5 ? colours.onStrong : colours.plain
      shapes.push(words(text, middle(column), middle(row), { colour, size: 11, anchor: 'middle' }))
    }
  }
  return shapes
}

/** Counts of the whole matrix in the classes' own order. */
export function confusionArray({ counts, classes }: Pick<ShownConfusion, 'counts' | 'classes'>): NumberArray {
  return {
    shape: [classes.length, classes.length],
    values: counts,
    axes: ['label', 'prediction'],
    names: { label: classes, prediction: classes },
  }
}
