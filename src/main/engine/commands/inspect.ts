import { join } from 'node:path'
import { gridSide } from '@shared/model/size'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { writeNpy } from '@engine/formats/npy'
import { attentionDistance } from '@engine/inspect/distance'
import { encodePng, type RgbImage } from '@engine/inspect/overlay'
import { filterTiles, heatTable, similarityTiles } from '@engine/inspect/tiles'
import { channelsLast, filterComponents, positionSimilarity, withoutClassToken } from '@engine/inspect/weightViews'
import type { Checkpoint } from '@engine/vit/checkpoint'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { attendAll, modelOptions, readModelInput, readNamedCheckpoint, type ModelInput } from './modelInput'
import { makeOutFolder } from './outFolder'

/** Components in figure 7 (left) of Dosovitskiy et al. (2020). */
const componentCount = 28

export const inspectCommand: Command = {
  usage: 'CKPT [IMAGE… | --tensor X.npy] --out DIR [--heads N] [--json]',
  options: {
    out: { value: 'DIR', help: 'folder for the arrays and pictures' },
    ...modelOptions,
    ...jsonOption,
  },
  details: [
    `filters.npy: principal components of the patch filters, [${componentCount},3,P,P], largest variance first`,
    'position-similarity.npy: cosine similarity of the position embeddings, [N,N], class token first',
    'distance.npy: mean attention distance in pixels, [L,H]; needs --tensor or images',
    'A PNG beside each shows the same.',
  ].join('\n'),
  async run(given, terminal) {
    const out = given.required('out', 'a folder for the results')
    const checkpoint = await readNamedCheckpoint(given)
    const input = await readModelInput(given, checkpoint)
    await makeOutFolder(out)
    const explainedVariance = await writeFilters(out, checkpoint)
    await writePositions(out, checkpoint)
    if (input !== undefined) await writeDistances(out, checkpoint, input)
    const kinds = ['filters', 'position-similarity', ...(input === undefined ? [] : ['distance'])]
    const files = kinds.flatMap((kind) => [`${kind}.npy`, `${kind}.png`])
    if (given.flag('json')) printJson(terminal, { files, explainedVariance })
    else terminal.print(`${files.join('\n')}\nin ${out}\n`)
  },
}

async function writeFilters(out: string, checkpoint: Checkpoint): Promise<number[]> {
  const side = checkpoint.sizes.patchSize
  const { components, count, explainedVariance } = filterComponents(checkpoint, componentCount)
  await writeNpy(join(out, 'filters.npy'), { shape: [count, 3, side, side], data: components })
  await writePicture(join(out, 'filters.png'), filterTiles(channelsLast(components, count, side), count, side))
  return explainedVariance
}

async function writePositions(out: string, checkpoint: Checkpoint): Promise<void> {
  const { tokens, similarity } = positionSimilarity(checkpoint)
  await writeNpy(join(out, 'position-similarity.npy'), { shape: [tokens, tokens], data: similarity })
  const tiles = similarityTiles(withoutClassToken(similarity, tokens), gridSide(checkpoint.sizes))
  await writePicture(join(out, 'position-similarity.png'), tiles)
}

async function writeDistances(out: string, checkpoint: Checkpoint, input: ModelInput): Promise<void> {
  const { Predictor } = await import('@engine/vit/predictor')
  const predictor = await Predictor.open(checkpoint)
  try {
    const { depth, numHeads, patchSize } = checkpoint.sizes
    const distances = attentionDistance(await attendAll(predictor, input), patchSize)
    await writeNpy(join(out, 'distance.npy'), { shape: [depth, numHeads], data: distances })
    await writePicture(join(out, 'distance.png'), heatTable(distances, numHeads))
  } finally {
    predictor.dispose()
  }
}

async function writePicture(path: string, picture: RgbImage): Promise<void> {
  await writeFileAtomic(path, await encodePng(picture))
}
