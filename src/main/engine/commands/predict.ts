import { softmax } from '@engine/inspect/probabilities'
import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'
import { modelOptions, predictAll, readModelInput, readNamedCheckpoint } from './modelInput'

/** Classes that are listed for a person. */
const listed = 5

export const predictCommand: Command = {
  usage: 'CKPT (IMAGE… | --tensor X.npy) [--heads N] [--json]',
  options: { ...modelOptions, ...jsonOption },
  details: [
    'CKPT is a safetensors file such as a run keeps in checkpoints/, or a published model of timm, Hugging Face,',
    'torchvision or Google: safetensors (also the index of several), npz, pt or pth.',
  ].join('\n'),
  async run(given, terminal) {
    const checkpoint = await readNamedCheckpoint(given)
    const input = (await readModelInput(given, checkpoint)) ?? given.fail('give an image or --tensor')
    const { Predictor } = await import('@engine/vit/predictor')
    const predictor = await Predictor.open(checkpoint)
    try {
      const flat = await predictAll(predictor, input)
      const { numClasses } = checkpoint.sizes
      const classes = Array.from({ length: numClasses }, (_, i) => checkpoint.classes[i] ?? `class ${i}`)
      const logits = input.names.map((_, image) =>
        Array.from(flat.subarray(image * numClasses, (image + 1) * numClasses)),
      )
      const probabilities = logits.map((row) => softmax(row))
      if (given.flag('json')) {
        printJson(terminal, { logits, probabilities, classes })
        return
      }
      for (const [image, name] of input.names.entries()) {
        const ranked = classes
          .map((label, i) => ({ label, probability: probabilities[image]?.[i] ?? 0 }))
          .sort((a, b) => b.probability - a.probability)
        terminal.print(`${name}\n`)
        printTable(
          terminal,
          ranked.slice(0, listed).map(({ label, probability }) => [`${(100 * probability).toFixed(1)} %`, label]),
        )
      }
    } finally {
      predictor.dispose()
    }
  },
}
