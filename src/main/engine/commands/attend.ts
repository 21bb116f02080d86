import { join } from 'node:path'
import { fusions } from '@shared/contract/records'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { writeNpy } from '@engine/formats/npy'
import { headMatrix, type AttentionMaps } from '@engine/inspect/attentionMaps'
import { encodePng, overlayMap, type RgbImage } from '@engine/inspect/overlay'
import { rollout, type RolloutOptions } from '@engine/inspect/rollout'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { attendAll, inputPictures, modelOptions, readModelInput, readNamedCheckpoint } from './modelInput'
import { makeOutFolder } from './outFolder'

const methods = ['raw', 'rollout'] as const

const overlay = { colours: 'inferno', opacity: 0.6 } as const

export const attendCommand: Command = {
  usage:
    'CKPT (IMAGE… | --tensor X.npy) --method raw|rollout [--fusion mean|max|min] [--residual true|false] [--discard R] --out DIR [--heads N] [--json]',
  options: {
    method: { value: 'M', help: 'raw: attention.npy [L,B,H,N,N]; rollout: rollout.npy [B,N,N]' },
    fusion: { value: 'F', help: 'rollout: how heads become one, mean (where nothing is given), max or min' },
    residual: { value: 'true|false', help: 'rollout: mix in half an identity matrix (true)' },
    discard: { value: 'R', help: 'rollout: share of the smallest values to set to zero (0)' },
    out: { value: 'DIR', help: 'folder for the arrays and overlay-*.png' },
    ...modelOptions,
    ...jsonOption,
  },
  details: [
    'Token 0 of the N tokens is the class token; the overlays show what it attends to. Discarding takes',
    "the smallest values of each layer's fused matrix, except those in the class token's column.",
  ].join('\n'),
  async run(given, terminal) {
    const method = given.choice('method', methods) ?? given.fail('--method is missing: give raw or rollout')
    const options = {
      fusion: given.choice('fusion', fusions) ?? 'mean',
      residual: (given.choice('residual', ['true', 'false']) ?? 'true') === 'true',
      discard: given.fraction('discard', 1) ?? 0,
    } as const
    const out = given.required('out', 'a folder for the results')
    const checkpoint = await readNamedCheckpoint(given)
    const input = (await readModelInput(given, checkpoint)) ?? given.fail('give an image or --tensor')
    const { Predictor } = await import('@engine/vit/predictor')
    const predictor = await Predictor.open(checkpoint)
    try {
      const maps = await attendAll(predictor, input)
      const pictures = inputPictures(input, checkpoint)
      await makeOutFolder(out)
      const written =
        method === 'raw' ? await writeRaw(out, maps, pictures) : await writeRollout(out, maps, pictures, options)
      if (given.flag('json')) printJson(terminal, { method, ...written })
      else terminal.print(`${written.files.join('\n')}\nin ${out}\n`)
    } finally {
      predictor.dispose()
    }
  },
}

interface Written {
  shape: number[]
  files: string[]
}

/** attention.npy, and for each image and layer the class token's attention, averaged over the heads. */
async function writeRaw(out: string, maps: AttentionMaps, pictures: readonly RgbImage[]): Promise<Written> {
  const { layers, batch, heads, tokens } = maps
  const perLayer = batch * heads * tokens * tokens
  const joined = new Float32Array(layers.length * perLayer)
  layers.forEach((weights, layer) => joined.set(weights, layer * perLayer))
  const shape = [layers.length, batch, heads, tokens, tokens]
  await writeNpy(join(out, 'attention.npy'), { shape, data: joined })
  const files = ['attention.npy']
  for (const [image, picture] of pictures.entries()) {
    for (let layer = 0; layer < layers.length; layer++) {
      const name = `overlay-${image}-layer-${layer}.png`
      await writeOverlay(join(out, name), picture, classTokenMean(maps, layer, image))
      files.push(name)
    }
  }
  return { shape, files }
}

async function writeRollout(
  out: string,
  maps: AttentionMaps,
  pictures: readonly RgbImage[],
  options: RolloutOptions,
): Promise<Written> {
  const { batch, tokens } = maps
  const rolled = rollout(maps, options)
  const shape = [batch, tokens, tokens]
  await writeNpy(join(out, 'rollout.npy'), { shape, data: rolled })
  const files = ['rollout.npy']
  for (const [image, picture] of pictures.entries()) {
    const start = image * tokens * tokens
    const name = `overlay-${image}.png`
    await writeOverlay(join(out, name), picture, rolled.subarray(start + 1, start + tokens))
    files.push(name)
  }
  return { shape, files }
}

/** What the class token attends to among the patches, averaged over the heads: [patches]. */
function classTokenMean(maps: AttentionMaps, layer: number, image: number): Float32Array {
  const mean = new Float32Array(maps.tokens - 1)
  for (let head = 0; head < maps.heads; head++) {
    const row = headMatrix(maps, layer, image, head).subarray(1, maps.tokens)
    row.forEach((weight, patch) => (mean[patch] = (mean[patch] ?? 0) + weight / maps.heads))
  }
  return mean
}

async function writeOverlay(path: string, picture: RgbImage, map: Float32Array): Promise<void> {
  const laidOver = overlayMap(picture, map, Math.round(Math.sqrt(map.length)), overlay)
  await writeFileAtomic(path, await encodePng(laidOver))
}
