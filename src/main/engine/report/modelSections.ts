import type { VitSizes } from '@shared/config/modelConfig'
import { formatCount, formatMeasure, formatPercent, formatShort } from '@shared/format/numbers'
import { countParameters, gridSide, prefixTokenCount } from '@shared/model/size'
import { positionWords } from '@shared/trainingPosition'
import { filterTiles, similarityTiles } from '@engine/inspect/tiles'
import { betweenPatches, channelsLast, filterComponents, positionSimilarity } from '@engine/inspect/weightViews'
import type { Checkpoint } from '@engine/vit/checkpoint'
import { html } from './html'
import { lineChart } from './lineChart'
import { factCards, figure, note, type Section } from './page'
import { pixelPicture } from './pictures'

/** Components in figure 7 (left) of Dosovitskiy et al. (2020). */
const componentCount = 28
const shownPicture = 640

/** What a model is made of. */
export function modelFacts({ sizes, classes, epoch, stepInEpoch = 0 }: Checkpoint): [string, string][] {
  return [
    ['Parameters', formatShort(countParameters(sizes))],
    ['Image', `${sizes.imageSize} px`],
    ['Patch', `${sizes.patchSize} px`],
    ['Width', String(sizes.embedDim)],
    ['Layers', String(sizes.depth)],
    ['Heads', String(sizes.numHeads)],
    ['Classes', formatCount(classes.length)],
    ...(epoch === null ? [] : [['Trained', positionWords({ epoch, stepInEpoch })] satisfies [string, string]]),
  ]
}

export function modelSection(checkpoint: Checkpoint): Section {
  return { id: 'model', title: 'Model', body: factCards(modelFacts(checkpoint)) }
}

export async function filterSection(checkpoint: Checkpoint): Promise<Section> {
  const side = checkpoint.sizes.patchSize
  const { components, count, explainedVariance } = filterComponents(checkpoint, componentCount)
  const picture = filterTiles(channelsLast(components, count, side), count, side)
  const total = explainedVariance.reduce((sum, variance) => sum + variance, 0)
  const first = total > 0 ? (explainedVariance[0] ?? 0) / total : 0
  const body = figure(
    await pixelPicture(picture, 'Principal components of the patch filters'),
    `The first ${count} principal components of the patch filters, largest variance first; of these ${count} the first has ${formatPercent(first, 0)}.`,
  )
  return { id: 'filters', title: 'Patch filters', body }
}

export async function positionSection(checkpoint: Checkpoint): Promise<Section> {
  return { id: 'positions', title: 'Position embeddings', body: await positionBody(checkpoint) }
}

async function positionBody(checkpoint: Checkpoint) {
  const { sizes } = checkpoint
  if (sizes.positions === 'none') return note('This model has no position embeddings.')
  const { tokens, similarity } = positionSimilarity(checkpoint)
  const tiles = similarityTiles(betweenPatches(similarity, tokens, prefixTokenCount(sizes)), gridSide(sizes))
  return figure(
    await pixelPicture(tiles, 'Similarity of the position embeddings', Math.max(tiles.width, shownPicture)),
    'Each tile: the cosine similarity of one patch’s position to all others, from −1 (dark) to 1 (light).',
  )
}

/** @param distances [layers, heads] in pixels, mean over the images */
export function distanceSection(distances: Float32Array, sizes: VitSizes, images: number): Section {
  const { depth, numHeads: heads } = sizes
  const points = Array.from(distances, (pixels, place) => [Math.floor(place / heads) + 1, pixels] as const)
  const means = Array.from({ length: depth }, (_, layer) => {
    const row = distances.subarray(layer * heads, (layer + 1) * heads)
    return [layer + 1, row.reduce((sum, pixels) => sum + pixels, 0) / heads] as const
  })
  const chart = lineChart({
    label: 'Attention distance by layer',
    xName: 'layer',
    yLow: 0,
    width: 640,
    height: 300,
    formatX: (layer) => (Number.isInteger(layer) ? String(layer) : ''),
    formatY: (pixels) => `${formatMeasure(pixels)} px`,
    lines: [
      { name: 'heads', points, colour: 'accent', width: 0, opacity: 0.6, loose: true },
      { name: 'mean of the layer', points: means, colour: 'validation', width: 2 },
    ],
  })
  const over = images === 1 ? 'one image' : `${images} images`
  const body = figure(
    html`<div style="max-width: 760px">${chart}</div>`,
    `How far each head looks: distances between patch centres weighted with attention, mean over ${over}.`,
  )
  return { id: 'distance', title: 'Attention distance', body }
}
