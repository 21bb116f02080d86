import type { SeededRandom } from '@shared/random'

/** Red, green, blue from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/** From OKLCH (Ottosson 2020): perceived lightness 0–1, chroma, hue in turns. Clipped to sRGB. */
export function fromOklch(lightness: number, chroma: number, hue: number): Colour {
  const a = chroma * Math.cos(2 * Math.PI * hue)
  const b = chroma * Math.sin(2 * Math.PI * hue)
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    toByte(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    toByte(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    toByte(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ]
}

/** The sRGB transfer function. */
function toByte(linear: number): number {
  const clipped = Math.min(1, Math.max(0, linear))
  return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055)
}

export interface ScenePalette {
  /** Two near colours that the background's texture goes between. */
  background: readonly [Colour, Colour]
  /** Two near colours that the object is shaded with. */
  object: readonly [Colour, Colour]
}

const darkest = 0.24
const lightest = 0.94
/** Between the middle of the background and the object: enough to see every outline at a glance. */
const contrast = 0.3

/** Any hue for anything, so that no class has its colour; only lightness keeps object and background apart. */
export function drawPalette(random: SeededRandom): ScenePalette {
  const ground = random.uniform(darkest + 0.05, lightest - 0.05)
  const darker = Math.max(0, ground - contrast - darkest)
  const lighter = Math.max(0, lightest - ground - contrast)
  const place = random.uniform(0, darker + lighter)
  const objectLightness = place < darker ? darkest + place : ground + contrast + (place - darker)

  const groundHue = random.uniform()
  const groundChroma = random.uniform(0.015, 0.09)
  const spread = random.uniform(0.035, 0.07)
  const objectHue = random.uniform()
  const objectChroma = random.uniform(0.1, 0.2)
  return {
    background: [
      fromOklch(ground - spread, groundChroma, groundHue),
      fromOklch(ground + spread, groundChroma, groundHue + random.uniform(-0.08, 0.08)),
    ],
    object: [
      fromOklch(objectLightness - 0.03, objectChroma, objectHue),
      fromOklch(objectLightness + 0.03, objectChroma, objectHue + 0.02),
    ],
  }
}

/** One channel of the colour that lies `share` of the way from the first to the second. */
export function between(colours: readonly [Colour, Colour], channel: number, share: number): number {
  const from = colours[0][channel] ?? 0
  return from + ((colours[1][channel] ?? 0) - from) * share
}
