import { readFile } from 'node:fs/promises'
import { parseJson } from '@shared/json'
import { VitrineError } from '@shared/errors'
import { imageOperationsSchema, type ImageOperation } from '@engine/data/augment/operations'
import { decodeWhole } from '@engine/data/preprocess'
import { writeNpy } from '@engine/formats/npy'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'

export const augmentCommand: Command = {
  usage: 'IMAGE --ops OPS.json --out X.npy [--json]',
  options: {
    ops: { value: 'OPS.json', help: 'list of operations with their parameters' },
    out: { value: 'X.npy', help: 'file for the result, [H,W,3] float32' },
    ...jsonOption,
  },
  details: [
    'OPS.json is a list such as [{"op": "rotate", "degrees": 5}, {"op": "brightness", "factor": 1.1}].',
    'Values are from 0 to 1; "normalize" may come last.',
  ].join('\n'),
  async run(given, terminal) {
    const image = given.onlyWord('the image')
    const operationsPath = given.required('ops', 'a file with the operations')
    const out = given.required('out', 'a file for the result')
    const operations = await readOperations(operationsPath)
    const { pixels, height, width } = await decodeWhole(image)
    const { applyOperations } = await import('@engine/data/augment/single')
    const found = applyOperations(
      { height, width, pixels: Float32Array.from(pixels, (byte) => byte / 255) },
      operations,
    )
    const shape = [found.height, found.width, 3]
    await writeNpy(out, { shape, data: found.pixels })
    if (given.flag('json')) printJson(terminal, { out, shape })
    else terminal.print(`[${shape.join(',')}] in ${out}\n`)
  },
}

async function readOperations(path: string): Promise<ImageOperation[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new VitrineError('unreadable', `${path} can't be read: give the path of a JSON file.`, { cause: error })
  })
  const value = parseJson(text)
  if (!Array.isArray(value)) {
    throw new VitrineError('invalid-input', `${path} must hold a JSON list of operations, each an object with "op".`)
  }
  const parsed = imageOperationsSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const [index, ...setting] = issue?.path ?? []
  const place = typeof index === 'number' ? `operation ${index + 1}` : 'the list'
  const name = setting.length === 0 ? '' : ` "${setting.join('.')}"`
  throw new VitrineError('invalid-input', `${path}:${name} of ${place} is wrong: ${issue?.message ?? 'unknown'}.`)
}
