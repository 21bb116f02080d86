import type { ColourMapName } from '@shared/colour/colourMaps'
import { mapCanvas } from '../maps/mapCanvas'
import { patchOf, rangeOf, type PatchMap, type ValueRange } from '../maps/tokenMaps'
import type { MapLook } from '../stores/inspection'
import { scaleHeight, scaleShapes } from './scaleShapes'
import { outlined, words, type Scene, type SceneTheme, type Shape } from './scene'

/** A map over its picture, as it is shown. */
interface ShownMap {
  picture: HTMLImageElement
  map: PatchMap
  query: number
  prefixTokens: number
  look: MapLook
  /** Values of the first and the last colour, where they are not the map's own. */
  range?: ValueRange | undefined
  /** What is seen, in a line. */
  title: string
}

const longerSide = 640
const titleHeight = 28

/** The picture in its own aspect with the map over it, a title above and the colour scale below. */
export function mapScene(shown: ShownMap, theme: SceneTheme): Scene {
  const { picture, map, look } = shown
  const scale = longerSide / Math.max(picture.naturalWidth, picture.naturalHeight)
  const width = Math.round(picture.naturalWidth * scale)
  const height = Math.round(picture.naturalHeight * scale)
  const box = { x: 0, y: titleHeight, width, height }
  const shapes: Shape[] = [
    words(shown.title, 4, titleHeight / 2, { colour: theme.text, size: 13 }),
    { kind: 'picture', source: picture, ...box, opacity: 1, pixelated: false },
    {
      kind: 'picture',
      source: mapCanvas(map, look, shown.range),
      ...box,
      opacity: look.opacity,
      pixelated: look.nearest,
    },
    ...queryOutline(shown, box),
    ...scaleShapes(scaleOf(shown), { x: 0, y: titleHeight + height + 4, width }, theme),
  ]
  const whole = titleHeight + height + 4 + scaleHeight
  return { width, height: whole, background: theme.background, fontFamily: theme.fontFamily, shapes }
}

function scaleOf({ map, look, range }: ShownMap): { range: ValueRange; colours: ColourMapName; label: string } {
  return { range: range ?? rangeOf(map.values), colours: look.colours, label: '' }
}

/** White on black, to be seen on any picture; nothing for the class token. */
function queryOutline(
  { query, map, prefixTokens }: ShownMap,
  box: { x: number; y: number; width: number; height: number },
): Shape[] {
  const place = patchOf(query, map.side, prefixTokens)
  if (place === null) return []
  const patch = {
    x: box.x + (place.column * box.width) / map.side,
    y: box.y + (place.row * box.height) / map.side,
    width: box.width / map.side,
    height: box.height / map.side,
  }
  return [
    { ...outlined(patch, '#000000'), strokeWidth: 3 },
    { ...outlined(patch, '#ffffff'), strokeWidth: 1.5 },
  ]
}
