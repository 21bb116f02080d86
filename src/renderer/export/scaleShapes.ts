import type { ColourMapName } from '@shared/colour/colourMaps'
import { formatMeasure } from '../format/numbers'
import { colourPixels } from '../maps/mapPixels'
import { canvasOfPixels } from '../maps/pictureCanvas'
import type { ValueRange } from '../maps/tokenMaps'
import { words, outlined, type SceneTheme, type Shape } from './scene'

const barHeight = 10
const steps = 128

/** Room that a scale takes below a map. */
export const scaleHeight = 24

/** A colour scale with its ends and what they measure. @param y of its upper edge */
export function scaleShapes(
  { range, colours, label }: { range: ValueRange; colours: ColourMapName; label: string },
  place: { x: number; y: number; width: number },
  theme: SceneTheme,
): Shape[] {
  const ramp = Float32Array.from({ length: steps }, (_, step) => step / (steps - 1))
  const bar = { x: place.x + place.width * 0.25, y: place.y + 7, width: place.width * 0.5, height: barHeight }
  const middle = bar.y + barHeight / 2
  const look = { colour: theme.mutedText, size: 11 }
  return [
    {
      kind: 'picture',
      source: canvasOfPixels(colourPixels(ramp, { low: 0, high: 1 }, colours), steps, 1),
      ...bar,
      opacity: 1,
      pixelated: false,
    },
    outlined(bar, theme.line),
    words(formatMeasure(range.low), bar.x - 6, middle, { ...look, anchor: 'end' }),
    words(`${formatMeasure(range.high)} ${label}`.trim(), bar.x + bar.width + 6, middle, look),
  ]
}
