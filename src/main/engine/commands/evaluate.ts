import { join, resolve } from 'node:path'
import { splitNames } from '@shared/contract/records'
import { evaluationFiles } from '@shared/evaluationFolder'
import { samplePrefix } from '@shared/folders'
import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'
import { checkpointOptions, readNamedCheckpoint } from './modelInput'
import { makeOutFolder } from './outFolder'
import { runJob } from './terminalJob'

/** Classes that are listed for a person. */
const listed = 20

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

export const evaluateCommand: Command = {
  usage: 'CKPT --data DIR --out DIR [--split val|train] [--flip] [--batch N] [--precision fp32|bf16] [--json]',
  options: {
    data: { value: 'DIR', help: 'a prepared dataset, sample:shapes or sample:digits' },
    out: { value: 'DIR', help: 'folder for the results' },
    split: { value: 'SPLIT', help: 'val or train (val)' },
    flip: { help: 'mean of the probabilities of each image and its mirror image' },
    batch: { value: 'N', help: 'images at a time (64)' },
    precision: { value: 'P', help: 'fp32 or bf16 (fp32)' },
    ...checkpointOptions,
    ...jsonOption,
  },
  details: `Writes ${evaluationFiles.record}, ${evaluationFiles.images}.parquet and .csv (file, label, prediction, their
probabilities, loss), ${evaluationFiles.classes}.parquet and .csv, ${evaluationFiles.confusion} and .csv, and of a run's checkpoint
the training's ${evaluationFiles.history}.npy and .csv.`,
  async run(given, terminal) {
    const file = resolve(given.onlyWord('the checkpoint'))
    const data = given.required('data', 'a prepared dataset')
    const out = resolve(given.required('out', 'a folder for the results'))
    const split = given.choice('split', splitNames) ?? 'val'
    const precision = given.choice('precision', ['fp32', 'bf16'] as const) ?? 'fp32'
    const flip = given.flag('flip')
    const batch = given.wholeNumber('batch', 1)
    await makeOutFolder(out)
    const checkpoint = await readNamedCheckpoint(given)
    const { defaultBatchSize, evaluate } = await import('@engine/evaluate/evaluate')
    const request = {
      checkpoint,
      file,
      dataset: data.startsWith(samplePrefix) ? data : resolve(data),
      split,
      flip,
      precision,
      batchSize: batch ?? defaultBatchSize,
      out,
    }
    const record = await runJob(terminal, (context) => evaluate(request, terminal, context))
    if (given.flag('json')) {
      printJson(terminal, record)
      return
    }
    const { figures, classes } = record
    printTable(terminal, [
      ['images', 'loss', 'accuracy', 'top 5', 'balanced', 'macro F1', 'ECE'],
      [
        String(figures.images),
        figures.loss.toFixed(4),
        ...[figures.accuracy, figures.top5, figures.balancedAccuracy].map(percent),
        figures.macro.f1.toFixed(3),
        figures.calibration.expectedError.toFixed(3),
      ],
    ])
    terminal.print('\n')
    printTable(terminal, [
      ['class', 'images', 'precision', 'recall', 'F1'],
      ...figures.perClass
        .slice(0, listed)
        .map(({ support, precision: precise, recall, f1 }, index) => [
          classes[index] ?? '',
          String(support),
          percent(precise),
          percent(recall),
          f1.toFixed(3),
        ]),
    ])
    const more = classes.length - listed
    if (more > 0) terminal.print(`and ${more} classes more in ${evaluationFiles.classes}.csv\n`)
    terminal.print(`\n${join(out, evaluationFiles.record)}\n`)
  },
}
