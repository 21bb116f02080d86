import type { FloatArray } from '../ipc/artifacts'
import { outcomeAt } from './outcomes'

/** What the points of a map are coloured by. */
export const colourings = ['label', 'prediction', 'error'] as const
export type Colouring = (typeof colourings)[number]

/** Points of one colour. */
export interface PointGroup {
  name: string
  colour: string
  count: number
}

export interface GroupedPoints {
  groups: PointGroup[]
  /** The group of each point. */
  groupOf: Uint16Array
}

export interface GroupColours {
  correct: string
  error: string
  isDark: boolean
}

/** Eight that people who see few colours tell apart (Okabe and Ito 2008), without black. */
const fewColours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#999999']
/** Turns of the golden angle keep any number of hues apart. */
const goldenAngle = 137.508

/** A colour for each class: named ones while they suffice, then hues of three lightnesses in turn. */
export function classColours(classes: number, isDark: boolean): string[] {
  if (classes <= fewColours.length) return fewColours.slice(0, classes)
  const lightness = isDark ? [0.72, 0.82, 0.62] : [0.62, 0.5, 0.72]
  return Array.from({ length: classes }, (_, index) => {
    const hue = (index * goldenAngle) % 360
    return `oklch(${lightness[index % lightness.length] ?? 0.6} 0.15 ${hue.toFixed(1)})`
  })
}

/**
 * The points of a map by what they are coloured by.
 * @param outcomes [images, `outcomeColumns`]
 * @param images rows of the points
 */
export function groupedPoints(
  outcomes: FloatArray,
  images: Int32Array,
  by: Colouring,
  classes: readonly string[],
  { correct, error, isDark }: GroupColours,
): GroupedPoints {
  const groupOf = Uint16Array.from(images, (row) => {
    const { label, prediction } = outcomeAt(outcomes, row)
    if (by === 'error') return label === prediction ? 0 : 1
    return by === 'label' ? label : prediction
  })
  const colours = classColours(classes.length, isDark)
  const groups: PointGroup[] =
    by === 'error'
      ? [
          { name: 'right', colour: correct, count: 0 },
          { name: 'wrong', colour: error, count: 0 },
        ]
      : classes.map((name, index) => ({ name, colour: colours[index] ?? correct, count: 0 }))
  for (const group of groupOf) {
    const found = groups[group]
    if (found !== undefined) found.count++
  }
  return { groups, groupOf }
}
