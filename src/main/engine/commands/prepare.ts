import { colourSchema } from '@shared/contract/records'
import { printJson, printTable, type Command } from './command'
import { jsonOption, type CommandArguments } from './commandArguments'
import { runJob } from './terminalJob'

const defaultValFraction = 0.2

export const prepareCommand: Command = {
  usage: 'SRC --out DIR [--size N] [--val FRACTION] [--seed N] [--background COLOUR] [--json]',
  options: {
    out: { value: 'DIR', help: "the dataset's folder" },
    size: { value: 'N', help: 'side of the prepared images in pixels (that of SRC where all are alike, or 224)' },
    val: { value: 'FRACTION', help: `share kept for validation where SRC doesn't say (${defaultValFraction})` },
    seed: { value: 'N', help: 'chooses the images for validation (42)' },
    background: { value: '#rrggbb', help: 'colour behind transparent pixels (#ffffff)' },
    ...jsonOption,
  },
  details: `SRC is a folder, or a zip, tar or tar.gz archive, of
  class folders, or train/ and val/ with class folders in each;
  images with a CSV or JSON file of their labels, or that file itself;
  CIFAR-10 or CIFAR-100 in the binary version; MNIST or Fashion-MNIST as idx files.
What was interrupted goes on with the same command; a dataset that is there already is brought up to date.`,
  async run(given, terminal) {
    const source = given.onlyWord('the folder or archive of images')
    const out = given.required('out', 'a folder for the dataset')
    const input = {
      source,
      out,
      imageSize: given.wholeNumber('size', 1),
      valFraction: given.fraction('val', 0.9) ?? defaultValFraction,
      seed: given.wholeNumber('seed', 0),
      background: colourOf(given),
    }
    const { prepareDataset } = await import('@engine/data/prepare')
    const manifest = await runJob(terminal, (context) => prepareDataset(input, context))
    const { classes, classCounts, skipped, trainCount, valCount, duplicates, preparation } = manifest
    if (given.flag('json')) {
      printJson(terminal, {
        classes,
        counts: { train: trainCount, val: valCount },
        classCounts,
        skipped,
        duplicates: duplicates?.surplus ?? 0,
        recognised: preparation?.recognised ?? '',
      })
      return
    }
    printTable(terminal, [
      ['class', 'train', 'val'],
      ...classes.map((name, i) => [name, String(classCounts.train[i] ?? 0), String(classCounts.val[i] ?? 0)]),
    ])
    for (const { file, reason } of skipped) terminal.print(`skipped ${file}: ${reason}\n`)
    if (duplicates !== undefined && duplicates.surplus > 0) {
      const { surplus, acrossSplits } = duplicates
      terminal.print(`${surplus} images are there already, ${acrossSplits} pictures both in training and validation\n`)
    }
    terminal.print(`${trainCount} training and ${valCount} validation images in ${out}\n`)
  },
}

function colourOf(given: CommandArguments): string | undefined {
  const text = given.text('background')
  if (text === undefined || colourSchema.safeParse(text).success) return text
  return given.fail(`--background must be a colour such as #ffffff, not "${text}"`)
}
