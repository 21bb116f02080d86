import type { RgbImage } from '@engine/inspect/overlay'
import { formatCount } from '@shared/format/numbers'
import { html, type Html } from './html'

/** Beyond so many classes names and numbers have no room. */
export const namedClasses = 24

const cell = 30
const longestName = 18
/** About as wide as a letter is. */
const letter = 7

/** Share of each label's images that went to each prediction: [classes, classes]. */
function rowShares(counts: Int32Array, classes: number): Float64Array {
  return Float64Array.from(counts, (count, place) => {
    const row = Math.floor(place / classes) * classes
    let sum = 0
    for (let column = 0; column < classes; column++) sum += counts[row + column] ?? 0
    return sum === 0 ? 0 : count / sum
  })
}

function shortened(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
}

/** The matrix with names and counts: labels down, predictions across. @param counts [classes, classes] */
export function confusionDrawing(counts: Int32Array, classes: readonly string[]): Html {
  const shares = rowShares(counts, classes.length)
  const longest = Math.max(...classes.map((name) => shortened(name).length))
  const nameRoom = longest * letter + 20
  const side = nameRoom + classes.length * cell
  const cells = classes.flatMap((_, label) =>
    classes.map((__, prediction) => {
      const place = label * classes.length + prediction
      const share = shares[place] ?? 0
      const count = counts[place] ?? 0
      const x = nameRoom + prediction * cell
      const y = nameRoom + label * cell
      const colour = label === prediction ? 'accent' : 'error'
      // The root makes single mistakes visible; half as strong at most, numbers stay readable.
      return html`<rect
          x="${x}"
          y="${y}"
          width="${cell - 1}"
          height="${cell - 1}"
          fill="var(--${colour})"
          fill-opacity="${(0.55 * Math.sqrt(share)).toFixed(3)}"
          ><title>${classes[label] ?? ''} taken for ${classes[prediction] ?? ''}: ${count}</title></rect
        >${count === 0 ? '' : cellText(x, y, count)} `
    }),
  )
  const names = classes.map((name, index) => {
    const middle = nameRoom + (index + 0.5) * cell
    return html`<text x="${nameRoom - 8}" y="${middle}" dy="0.35em" text-anchor="end">${shortened(name)}</text
      ><text transform="translate(${middle} ${nameRoom - 8}) rotate(-60)" dy="0.35em">${shortened(name)}</text> `
  })
  return html`<svg
    viewBox="0 0 ${side + 40} ${side}"
    style="max-width: ${side + 40}px"
    role="img"
    aria-label="Confusion matrix: labels down, predictions across"
  >
    <rect
      x="${nameRoom - 0.5}"
      y="${nameRoom - 0.5}"
      width="${classes.length * cell}"
      height="${classes.length * cell}"
      fill="none"
      stroke="var(--hairline)"
    />
    ${cells}${names}
  </svg>`
}

function cellText(x: number, y: number, count: number): Html {
  return html`<text class="strong" x="${x + cell / 2 - 0.5}" y="${y + cell / 2}" dy="0.35em" text-anchor="middle"
    >${formatCount(count)}</text
  >`
}

const white = [255, 255, 255] as const
const correct = [15, 118, 110] as const
const wrong = [194, 65, 12] as const

/** The matrix of many classes as a picture, a pixel for each cell: the darker the larger its row's share. */
export function confusionPicture(counts: Int32Array, classes: number): RgbImage {
  const shares = rowShares(counts, classes)
  const pixels = new Uint8Array(classes * classes * 3)
  shares.forEach((share, place) => {
    const colour = place % (classes + 1) === 0 ? correct : wrong
    // The root makes single mistakes visible.
    const strength = Math.sqrt(share)
    white.forEach((base, channel) => {
      pixels[place * 3 + channel] = Math.round(base + ((colour[channel] ?? 0) - base) * strength)
    })
  })
  return { width: classes, height: classes, pixels }
}
