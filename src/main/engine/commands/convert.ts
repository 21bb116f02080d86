import { basename, dirname, extname, join } from 'node:path'
import { elementCount } from '@shared/elementCount'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { writeSafetensors } from '@engine/formats/safetensors'
import { metadataOf } from '@engine/vit/checkpoint'
import { huggingfaceConfigs } from '@engine/vit/layouts/exportHuggingface'
import { exportLayouts, exportWeights } from '@engine/vit/layouts/exportWeights'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { checkpointOptions, readNamedCheckpoint } from './modelInput'
import { makeOutFolder } from './outFolder'

const weightsName = 'model.safetensors'

export const convertCommand: Command = {
  usage: 'IN OUT [--layout timm|huggingface|torchvision] [--image-size N] [--heads N] [--json]',
  options: {
    layout: { value: 'L', help: `whose names the tensors get: ${exportLayouts.join(', ')} (timm)` },
    ...checkpointOptions,
    ...jsonOption,
  },
  details: [
    'IN is a safetensors file (or the index of several), an npz archive of Google, or a PyTorch file.',
    'OUT is a safetensors file, or a folder, which gets model.safetensors and, for huggingface, the two',
    'configurations that from_pretrained looks for.',
  ].join('\n'),
  async run(given, terminal) {
    const [, out, extra] = given.words
    if (out === undefined) return given.fail('the place for the result is missing: give a safetensors file or a folder')
    if (extra !== undefined) return given.fail(`"${extra}" is one word too many`)
    const layout = given.choice('layout', exportLayouts) ?? 'timm'
    const extension = extname(out)
    if (extension !== '' && extension !== '.safetensors') {
      return given.fail(`${basename(out)} ends in ${extension}, but safetensors files are written`)
    }
    const checkpoint = await readNamedCheckpoint(given)
    const weights = exportWeights(checkpoint, layout)
    const folder = extension === '' ? out : dirname(out)
    await makeOutFolder(folder)
    const path = extension === '' ? join(out, weightsName) : out
    await writeSafetensors(path, weights, { format: 'pt', ...metadataOf(checkpoint) })
    const files = [path]
    if (layout === 'huggingface' && extension === '') {
      const { config, preprocessor } = huggingfaceConfigs(checkpoint)
      const beside = { 'config.json': config, 'preprocessor_config.json': preprocessor }
      for (const [name, value] of Object.entries(beside)) {
        await writeFileAtomic(join(folder, name), `${JSON.stringify(value, null, 2)}\n`)
        files.push(join(folder, name))
      }
    }
    const parameters = [...weights.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0)
    const from = checkpoint.source?.layout ?? layout
    const unused = [...(checkpoint.source?.unused.keys() ?? [])]
    if (given.flag('json')) {
      printJson(terminal, { from, layout, files, tensors: weights.size, parameters, unused })
      return
    }
    terminal.print(`from ${from} to ${layout}: ${weights.size} tensors, ${parameters} values\n${files.join('\n')}\n`)
    if (unused.length > 0) terminal.print(`not needed, left out: ${unused.join(', ')}\n`)
  },
}
