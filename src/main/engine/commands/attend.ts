import { fusions, mapMethods, type MapRecipe } from '@shared/contract/mapRecipe'
import { checkRecipe } from '@engine/inspect/recipeMap'
import { largestIndex } from '@engine/inspect/probabilities'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { Predictor } from '@engine/vit/predictor'
import { writeFaithfulness, writeFlow, writeGradient, writeRaw, writeRollout, type Attended } from './attendResults'
import { printJson, type Command } from './command'
import { jsonOption, type CommandArguments } from './commandArguments'
import {
  attendAll,
  inputPictures,
  modelOptions,
  predictAll,
  readModelInput,
  readNamedCheckpoint,
  type ModelInput,
} from './modelInput'
import { makeOutFolder } from './outFolder'
import { runJob } from './terminalJob'

/** What the option calls them; a layer's own attention is `raw` here. */
const methods = ['raw', 'rollout', 'gradient', 'flow'] as const

export const attendCommand: Command = {
  usage:
    'CKPT (IMAGE… | --tensor X.npy) --method raw|rollout|gradient|flow [--fusion mean|max|min | --head H] [--residual true|false] [--discard R] [--class C] [--faithfulness] --out DIR [--heads N] [--json]',
  options: {
    method: {
      value: 'M',
      help: 'raw: attention.npy [L,B,H,N,N]; rollout: rollout.npy [B,N,N]; gradient: gradient.npy [B,N,N]; flow: flow.npy [B,N]',
    },
    fusion: { value: 'F', help: 'how heads become one, mean (where nothing is given), max or min' },
    head: { value: 'H', help: 'keep one head alone, counted from 0, instead of --fusion' },
    residual: { value: 'true|false', help: 'rollout and flow: mix in half an identity matrix (true)' },
    discard: { value: 'R', help: 'rollout and flow: share of the smallest values to set to zero (0)' },
    class: { value: 'C', help: 'gradient and --faithfulness: index of the class (the most probable)' },
    faithfulness: { help: 'faithfulness.json: deletion and insertion curves, beside the last layer and chance' },
    out: { value: 'DIR', help: 'folder for the arrays and overlay-*.png' },
    ...modelOptions,
    ...jsonOption,
  },
  details: [
    'Token 0 of the N tokens is the class token; the overlays show what it attends to (where the model pools',
    'its patches by mean, the mean of what they attend to). Discarding takes the smallest values of each',
    "layer's fused matrix, except those in the class token's and the registers' columns. gradient is the",
    'rollout of Chefer et al. (2021) for one class; flow the maximum flow of Abnar and Zuidema (2020) from',
    'the class token.',
  ].join('\n'),
  async run(given, terminal) {
    const recipe = recipeOf(given)
    const out = given.required('out', 'a folder for the results')
    const checkpoint = await readNamedCheckpoint(given)
    checkRecipe(recipe, checkpoint.sizes)
    const input = (await readModelInput(given, checkpoint)) ?? given.fail('give an image or --tensor')
    const { Predictor: model } = await import('@engine/vit/predictor')
    const predictor = await model.open(checkpoint)
    try {
      const attended = await attendInput(predictor, input, checkpoint, recipe)
      await makeOutFolder(out)
      const written = await runJob(terminal, async (context) => {
        const result = await writers[recipe.method](out, attended, context)
        if (!given.flag('faithfulness')) return result
        const reports = await writeFaithfulness(out, attended, context)
        return { ...result, files: [...result.files, 'faithfulness.json'], faithfulness: reports }
      })
      if (given.flag('json')) printJson(terminal, { method: given.text('method'), ...written })
      else terminal.print(`${written.files.join('\n')}\nin ${out}\n`)
    } finally {
      predictor.dispose()
    }
  },
}

const writers = { attention: writeRaw, rollout: writeRollout, gradient: writeGradient, flow: writeFlow }

function recipeOf(given: CommandArguments): MapRecipe {
  const method = given.choice('method', methods) ?? given.fail(`--method is missing: give ${methods.join(' or ')}`)
  const head = given.wholeNumber('head', 0)
  const fusion = given.choice('fusion', fusions)
  if (head !== undefined && fusion !== undefined) return given.fail('give either --fusion or --head, not both')
  return {
    method: mapMethods.find((name) => name === method) ?? 'attention',
    layer: 0,
    fusion: head ?? fusion ?? 'mean',
    residual: (given.choice('residual', ['true', 'false']) ?? 'true') === 'true',
    discard: given.fraction('discard', 1) ?? 0,
    classIndex: given.wholeNumber('class', 0) ?? null,
  }
}

async function attendInput(
  predictor: Predictor,
  input: ModelInput,
  checkpoint: Checkpoint,
  recipe: MapRecipe,
): Promise<Attended> {
  const { numClasses, depth } = checkpoint.sizes
  const logits = await predictAll(predictor, input)
  const classIndices = input.names.map((_, image) => {
    return recipe.classIndex ?? largestIndex(logits.subarray(image * numClasses, (image + 1) * numClasses))
  })
  return {
    predictor,
    input,
    pictures: inputPictures(input, checkpoint),
    maps: await attendAll(predictor, input),
    logits,
    classIndices,
    // A layer's own attention has many maps; the last layer's is the one that is scored.
    recipe: { ...recipe, layer: depth - 1 },
  }
}
