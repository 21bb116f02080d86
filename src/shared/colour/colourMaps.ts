/**
 * Perceptually even colour maps as anchor colours at even distances, interpolated linearly in sRGB.
 * viridis and inferno: Smith and van der Walt (2015); cividis: Nuñez, Anderton and Renslow (2018).
 * With 18 anchors every channel stays within 6 of 255 of the published 256-entry tables, cividis within 11.
 */

export const colourMapNames = ['viridis', 'inferno', 'cividis', 'diverging'] as const
export type ColourMapName = (typeof colourMapNames)[number]

/** Those for values that have no sign, which a person may choose among. */
export const sequentialColourMaps: readonly ColourMapName[] = colourMapNames.filter((name) => name !== 'diverging')

/** Red, green, blue from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number]

const anchors: Record<ColourMapName, string> = {
  viridis:
    '440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e 1f978b 21a585 2eb37c 46c06f 65cb5e 89d548 b0dd2f d8e219 fde725',
  inferno:
    '000004 0a0722 1e0c45 380962 510e6c 69166e 801f6c 982766 b0315b c63d4d d94d3d e9612b f47918 fa9407 fcb014 f8cd37 f2ea69 fcffa4',
  cividis:
    '00224e 002d68 163770 2e416d 3f4c6c 4e566c 5c616e 696b71 767676 838179 928c78 a09875 afa471 bfb06b cfbd62 dfca57 f0d846 fee838',
  /** Blue for negative, near white at 0.5, red for positive; lightness falls evenly on both sides. */
  diverging: '2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b',
}

function parseAnchors(text: string): Rgb[] {
  return text.split(' ').map((hex) => {
    const value = Number.parseInt(hex, 16)
    return [value >> 16, (value >> 8) & 255, value & 255]
  })
}

const tables = new Map<ColourMapName, (value: number) => Rgb>(
  colourMapNames.map((name) => [name, interpolator(parseAnchors(anchors[name]))]),
)

function interpolator(colours: Rgb[]): (value: number) => Rgb {
  const black: Rgb = [0, 0, 0]
  return (value) => {
    const position = Math.min(Math.max(Number.isNaN(value) ? 0 : value, 0), 1) * (colours.length - 1)
    const index = Math.min(Math.floor(position), colours.length - 2)
    const share = position - index
    const low = colours[index] ?? black
    const high = colours[index + 1] ?? black
    return [mix(low[0], high[0], share), mix(low[1], high[1], share), mix(low[2], high[2], share)]
  }
}

function mix(low: number, high: number, share: number): number {
  return Math.round(low + (high - low) * share)
}

/** The colour of a value from 0 to 1; values outside take the end colours, NaN the first. */
export function colourMap(name: ColourMapName): (value: number) => Rgb {
  const colours = tables.get(name)
  if (colours === undefined) throw new RangeError(`unknown colour map ${name}`)
  return colours
}
