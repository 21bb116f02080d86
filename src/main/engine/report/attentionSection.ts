import { hasClassToken } from '@shared/model/size'
import { formatPercent } from '@shared/format/numbers'
import type { Prediction } from '@shared/contract/records'
import { normalisePixels } from '@engine/data/preprocess'
import { attentionMapsOf, type AttentionMaps } from '@engine/inspect/attentionMaps'
import { attentionDistance } from '@engine/inspect/distance'
import { fuseHeads } from '@engine/inspect/mixing'
import { overlayMap, stretch, type RgbImage } from '@engine/inspect/overlay'
import { rankedPredictions } from '@engine/inspect/probabilities'
import { headReadOut, readOut } from '@engine/inspect/readOut'
import { patchesOf } from '@engine/inspect/recipeMap'
import { rolloutReadOut } from '@engine/inspect/rollout'
import { attentionTiles } from '@engine/inspect/tiles'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { Predictor } from '@engine/vit/predictor'
import { aspectBox } from './aspectBox'
import { html, nothing, type Html } from './html'
import { figure, grid, note, type Section } from './page'
import { photograph, pixelPicture } from './pictures'

const shownSide = 300
const shownPredictions = 5
const overlayLook = { colours: 'inferno', opacity: 0.6 } as const

/** An image in a report. */
export interface ReportImage {
  name: string
  label: string | null
  /** Size of the whole image; only its aspect matters. */
  width: number
  height: number
  /** As the model gets it, before normalisation. */
  modelInput: RgbImage
}

interface AttendedImages {
  section: Section
  /** Mean attention distance over the images, [layers, heads] in pixels. */
  distances: Float32Array
}

/** What the model says of each image and what it looks at. @param onImageDone throws to end it */
export async function attentionSection(
  images: readonly ReportImage[],
  predictor: Predictor,
  onImageDone: () => void,
): Promise<AttendedImages> {
  const { checkpoint } = predictor
  const { sizes } = checkpoint
  const distances = new Float32Array(sizes.depth * sizes.numHeads)
  const parts: Html[] = []
  for (const image of images) {
    const { mean, std } = checkpoint.normalize
    const pixels = normalisePixels(image.modelInput.pixels, sizes.imageSize, mean, std)
    const { logits, attention } = await predictor.attend(pixels, 1)
    const maps = attentionMapsOf(checkpoint, attention, 1)
    attentionDistance(maps, sizes.patchSize).forEach((pixelsAway, place) => {
      distances[place] = (distances[place] ?? 0) + pixelsAway / images.length
    })
    parts.push(await imagePart(image, rankedPredictions(logits, checkpoint.classes), maps, checkpoint))
    onImageDone()
  }
  const from = hasClassToken(sizes) ? 'the class token' : 'all tokens, on average'
  const body = html`${note(
    `What ${from} attends to, from dark (little) to light (much): the last layer with the mean of its heads, the rollout through all layers, and every head for itself (layers down, heads across).`,
  )}${parts}`
  return { section: { id: 'attention', title: 'Attention', body }, distances }
}

async function imagePart(
  image: ReportImage,
  predictions: readonly Prediction[],
  maps: AttentionMaps,
  { sizes }: Checkpoint,
): Promise<Html> {
  const box = aspectBox(image.width, image.height, shownSide)
  const picture = await stretch(image.modelInput, box.width, box.height)
  const overlay = (map: Float32Array, name: string) => {
    const laidOver = overlayMap(picture, map, Math.round(Math.sqrt(map.length)), overlayLook)
    return photograph(laidOver, `${name} of ${image.name}`)
  }
  const last = Float32Array.from(fuseHeads(maps, maps.layers.length - 1, 0, 'mean'))
  const rolledOut = rolloutReadOut(maps, 0, sizes, { fusion: 'mean', residual: true, discard: 0 })
  const tiles = attentionTiles(headReadOut(maps, sizes), maps.layers.length, maps.heads)
  const figures = [
    figure(await photograph(picture, image.name), 'image'),
    figure(await overlay(readOut(last, maps, sizes), 'Attention of the last layer'), 'last layer'),
    figure(await overlay(patchesOf(rolledOut, maps), 'Rollout'), 'rollout'),
    figure(await pixelPicture(tiles, `Attention of every head on ${image.name}`, Math.max(tiles.width, 220)), 'heads'),
  ]
  const label = image.label === null ? nothing : html`<span class="muted">, label: ${image.label}</span>`
  return html`<div class="image">
    <h3>${image.name}${label}</h3>
    ${predictions.slice(0, shownPredictions).map(predictionBar)}${grid(figures, 'maps')}
  </div>`
}

function predictionBar({ class: name, probability }: Prediction): Html {
  return html`<div class="prediction">
    <span>${name}</span><span class="number">${formatPercent(probability)}</span
    ><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="6" fill="var(--hairline)" />
      <rect width="${(100 * probability).toFixed(2)}" height="6" fill="var(--accent)" />
    </svg>
  </div>`
}
