import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'
import { runJob } from './terminalJob'

const defaultSize = 224
const defaultValFraction = 0.2

export const prepareCommand: Command = {
  usage: 'SRC --out DIR [--size N] [--val FRACTION] [--json]',
  options: {
    out: { value: 'DIR', help: "the dataset's folder" },
    size: { value: 'N', help: `side of the prepared images in pixels (${defaultSize})` },
    val: { value: 'FRACTION', help: `share kept for validation where SRC has no val/ (${defaultValFraction})` },
    ...jsonOption,
  },
  details: 'SRC holds class folders, or train/ and val/ with class folders in each.',
  async run(given, terminal) {
    const source = given.onlyWord('the folder of images')
    const out = given.required('out', 'a folder for the dataset')
    const imageSize = given.wholeNumber('size', 1) ?? defaultSize
    const valFraction = given.fraction('val', 0.9) ?? defaultValFraction
    const { prepareDataset } = await import('@engine/data/prepare')
    const manifest = await runJob(terminal, (context) =>
      prepareDataset({ source, out, imageSize, valFraction }, context),
    )
    const { classes, classCounts, skipped, trainCount, valCount } = manifest
    if (given.flag('json')) {
      printJson(terminal, { classes, counts: { train: trainCount, val: valCount }, classCounts, skipped })
      return
    }
    printTable(terminal, [
      ['class', 'train', 'val'],
      ...classes.map((name, i) => [name, String(classCounts.train[i] ?? 0), String(classCounts.val[i] ?? 0)]),
    ])
    for (const { file, reason } of skipped) terminal.print(`skipped ${file}: ${reason}\n`)
    terminal.print(`${trainCount} training and ${valCount} validation images in ${out}\n`)
  },
}
