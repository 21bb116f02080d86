import type { EffectiveTheme } from '../theme'

/**
 * Okabe and Ito (2008), "Color Universal Design": hues that people with any colour vision can tell apart.
 * Their black is the colour of text, which is light on a dark ground; those that are hard to see on white
 * come last.
 */
const hues = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#56b4e9', '#cc79a7', '#f0e442'] as const
const lastHue: Readonly<Record<EffectiveTheme, string>> = { light: '#000000', dark: '#ffffff' }

export interface CompareStyle {
  colour: string
  /** From the ninth on hues come again, dashed. */
  dashed: boolean
}

/** How the runs at each place of a comparison are drawn. */
export function compareStyle(place: number, theme: EffectiveTheme): CompareStyle {
  const all = [...hues, lastHue[theme]]
  return { colour: all[place % all.length] ?? lastHue[theme], dashed: Math.floor(place / all.length) % 2 === 1 }
}

/** A, B, … Z, AA, AB: short names for lines' ends and tables' heads. */
export function compareLetter(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26))
  return place < 26 ? letter : compareLetter(Math.floor(place / 26) - 1) + letter
}
