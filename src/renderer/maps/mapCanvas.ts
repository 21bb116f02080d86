import type { ColourMapName } from '@shared/colour/colourMaps'
import { colourPixels, shadePixels, upsampleBilinear } from './mapPixels'
import { canvasOfPixels } from './pictureCanvas'
import { rangeOf, type PatchMap, type ValueRange } from './tokenMaps'

/** How a map becomes pixels. */
interface MapColours {
  display: 'overlay' | 'mask'
  nearest: boolean
  colours: ColourMapName
}

/** The map in colours: one pixel a patch, or smoothly enlarged. @param range of the colours; the map's own where absent */
export function mapCanvas(
  map: PatchMap,
  { nearest, colours, display }: MapColours,
  range?: ValueRange,
): HTMLCanvasElement {
  const shown = range ?? rangeOf(map.values)
  const size = nearest ? map.side : Math.min(512, map.side * 16)
  const values = nearest ? map.values : upsampleBilinear(map.values, map.side, size)
  const pixels = display === 'mask' ? shadePixels(values, shown) : colourPixels(values, shown, colours)
  return canvasOfPixels(pixels, size, size)
}
