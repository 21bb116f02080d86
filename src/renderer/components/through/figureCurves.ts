import { colourMap } from '@shared/colour/colourMaps'
import { formatMeasure, formatPercent } from '../../format/numbers'
import type { EpochFigures } from '../../ipc/inspectArrays'

interface FigureCurve {
  name: string
  about: string
  lines: { name: string; colour: string; values: number[] }[]
  format: (value: number) => string
}

/** The first components, how many of them are added up. */
const componentSums = [1, 3, 10, 28] as const

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** Dark for the lowest layer, bright for the highest; neither so dark nor so bright that a page swallows it. */
function orderedColour(place: number, count: number): string {
  const share = count < 2 ? 0.5 : 0.2 + (0.7 * place) / (count - 1)
  return `rgb(${colourMap('viridis')(share).join(' ')})`
}

/**
 * The curves of how a model's figures change.
 *
 * @param figures one for each epoch, null where it is not measured yet
 */
export function figureCurves(figures: readonly (EpochFigures | null)[]): FigureCurve[] {
  const known = figures.find((one) => one !== null)
  if (known === undefined) return []
  const over = (pick: (one: EpochFigures) => number | undefined) =>
    figures.map((one) => (one === null ? Number.NaN : (pick(one) ?? Number.NaN)))
  const layers = known.heads?.distances.length ?? 0
  const byLayer = (pick: (heads: NonNullable<EpochFigures['heads']>) => number[][]) =>
    Array.from({ length: layers }, (_, layer) => ({
      name: `layer ${layer + 1}`,
      colour: orderedColour(layer, layers),
      values: over(({ heads }) => (heads === null ? undefined : mean(pick(heads)[layer] ?? []))),
    }))
  const ofImages: FigureCurve[] =
    known.heads === null
      ? []
      : [
          {
            name: 'attention distance in px',
            about: 'Mean over the heads of each layer, from the lowest (dark) to the highest (bright)',
            lines: byLayer((heads) => heads.distances),
            format: formatMeasure,
          },
          {
            name: 'entropy in nats',
            about: 'How spread out the attention is: mean over the heads of each layer, dark to bright',
            lines: byLayer((heads) => heads.entropies),
            format: formatMeasure,
          },
        ]
  const ofPositions: FigureCurve[] =
    known.positions === null
      ? []
      : [
          {
            name: 'position contrast',
            about: 'How much more alike the positions of neighbouring patches are than those of any two',
            lines: [
              {
                name: 'contrast',
                colour: orderedColour(0, 1),
                values: over(({ positions }) => positions?.contrast),
              },
            ],
            format: formatMeasure,
          },
        ]
  const count = known.explainedShares.length
  const sums = componentSums.filter((sum) => sum <= count)
  return [
    ...ofImages,
    ...ofPositions,
    {
      name: 'filters’ explained variance',
      about: `Share of the filters’ variance along their first components: ${sums.join(', ')} of them, dark to bright`,
      lines: sums.map((sum, place) => ({
        name: sum === 1 ? 'first component' : `first ${sum}`,
        colour: orderedColour(place, sums.length),
        values: over(({ explainedShares }) => explainedShares.slice(0, sum).reduce((total, share) => total + share, 0)),
      })),
      format: (value) => formatPercent(value, 0),
    },
  ]
}
