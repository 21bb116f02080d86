import { augmentPresets } from '@shared/config/augmentPresets'
import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'

const defaults = { model: 'S/32', image: 224, batch: 64, steps: 10 } as const

export const benchCommand: Command = {
  usage:
    '--model S/32 --image N --batch N --steps N --precision fp32|bf16 [--mode compiled|eager] [--dropout P] [--evaluation | --augment PRESET] [--json]',
  options: {
    model: { value: 'NAME', help: `preset (${defaults.model}), or width, depth, heads and patch size, like 192x6x3/4` },
    image: { value: 'N', help: `side of the images in pixels (${defaults.image})` },
    batch: { value: 'N', help: `images in a step (${defaults.batch})` },
    steps: { value: 'N', help: `steps to measure (${defaults.steps})` },
    precision: { value: 'P', help: 'fp32 (where nothing is given) or bf16' },
    mode: { value: 'M', help: 'compiled (where nothing is given) or eager' },
    dropout: { value: 'P', help: 'dropout and attention dropout (0)' },
    augment: {
      value: 'PRESET',
      help: `times the augmentation of batches (${augmentPresets.join(', ')}), and steps with and without it, in turns`,
    },
    evaluation: { help: 'times an evaluation and the forward pass alone, in turns, instead of training steps' },
    ...jsonOption,
  },
  details: 'A step is the forward and backward pass and the AdamW update, on one batch of random images.',
  async run(given, terminal) {
    if (given.words.length > 0) given.fail(`"${given.words.join(' ')}" is too much`)
    const model = given.text('model') ?? defaults.model
    const settings = {
      model,
      image: given.wholeNumber('image', 1) ?? defaults.image,
      batch: given.wholeNumber('batch', 1) ?? defaults.batch,
      steps: given.wholeNumber('steps', 1) ?? defaults.steps,
      precision: given.choice('precision', ['fp32', 'bf16']) ?? 'fp32',
      mode: given.choice('mode', ['compiled', 'eager']) ?? 'compiled',
      dropout: given.fraction('dropout', 1) ?? 0,
    } as const
    if (given.flag('evaluation')) {
      const { benchEvaluation } = await import('@engine/evaluate/benchEvaluation')
      const rates = await benchEvaluation(settings)
      if (given.flag('json')) printJson(terminal, rates)
      else {
        printTable(terminal, [
          ['forward pass alone', `${rates.forwardImagesPerSecond.toFixed(1)} images per second`],
          ['whole evaluation', `${rates.evaluationImagesPerSecond.toFixed(1)} images per second`],
          ['share reached', `${(100 * rates.share).toFixed(1)} %`],
        ])
      }
      return
    }
    const preset = given.choice('augment', augmentPresets)
    if (preset !== undefined) {
      const { benchAugmentation } = await import('@engine/train/benchAugmentation')
      const rates = await benchAugmentation({ ...settings, preset })
      if (given.flag('json')) printJson(terminal, rates)
      else {
        printTable(terminal, [
          ['augmentation alone', `${rates.imagesPerSecond.toFixed(1)} images per second`],
          ['drawing its parameters', `${rates.drawMs.toFixed(1)} ms a batch`],
          ['step without it', `${rates.plainStepMs.toFixed(0)} ms`],
          ['step with it', `${rates.augmentedStepMs.toFixed(0)} ms`],
          ['what it adds', `${(100 * rates.shareOfStep).toFixed(1)} %`],
        ])
      }
      return
    }
    const { bench } = await import('@engine/train/bench')
    const result = await bench(settings)
    if (given.flag('json')) printJson(terminal, result)
    else {
      printTable(terminal, [
        ['images per second', result.imagesPerSecond.toFixed(1)],
        ['step', `${result.stepMs.toFixed(0)} ms`],
        ['compilation', `${result.compileMs.toFixed(0)} ms`],
        ['peak memory', `${(result.peakRssBytes / 2 ** 30).toFixed(2)} GiB`],
        ['parameters', String(result.parameters)],
        ['matrix products', `${result.stepGflop.toFixed(0)} GFLOP a step`],
        ['their rate alone', `${result.matmulGflops.toFixed(0)} GFLOP/s`],
        ['share reached', `${(100 * result.matmulShare).toFixed(0)} %`],
      ])
    }
  },
}
