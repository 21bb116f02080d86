import { dirname, resolve } from 'node:path'
import { writeDatasetFigures, writeFilters, writeImageFigures, writePositions } from './inspectResults'
import { printJson, type Command } from './command'
import { jsonOption, type CommandArguments } from './commandArguments'
import { modelOptions, readModelInput, readNamedCheckpoint, type ModelInput } from './modelInput'
import { makeOutFolder } from './outFolder'
import { reportImages } from './reportImages'
import type { Terminal } from './terminal'
import { runJob } from './terminalJob'
import type { Checkpoint } from '@engine/vit/checkpoint'

export const inspectCommand: Command = {
  usage:
    'CKPT [IMAGE… | --tensor X.npy] [--objects DATASET [--most N]] [--out DIR] [--report FILE.html] [--heads N] [--json]',
  options: {
    out: { value: 'DIR', help: 'folder for the arrays and pictures' },
    report: { value: 'FILE.html', help: 'one HTML file with predictions, attention, filters, positions, distances' },
    objects: { value: 'DATASET', help: 'sample:shapes, or a prepared dataset that keeps masks of its objects' },
    most: { value: 'N', help: 'validation images of --objects to look at (all of them)' },
    ...modelOptions,
    ...jsonOption,
  },
  details: [
    'filters.npy: principal components of the patch filters, [28,3,P,P], largest variance first',
    'position-similarity.npy: cosine similarity of the position embeddings, [N,N], class token first',
    'A PNG beside each shows the same. With images or --tensor also:',
    'distance.npy, entropy.npy: mean attention distance in pixels and entropy in nats, [L,H]',
    "head-similarity.npy: cosine similarity between the attention of a layer's heads, [L,H,H]",
    'token-components.npy, token-norms.npy: three principal components and norms of the patch tokens',
    'before the first block and after each, [B,L+1,P,3] and [B,L+1,P]; token-similarity.npy: their mean',
    'similarity, [B,L+1]. With --objects: objects.json, how much of each method lies on the objects.',
  ].join('\n'),
  async run(given, terminal) {
    const out = given.text('out')
    const report = given.text('report')
    if (out === undefined && report === undefined) given.fail('give --out for a folder, or --report for an HTML file')
    const checkpoint = await readNamedCheckpoint(given)
    const input = await readModelInput(given, checkpoint)
    const figures = out === undefined ? null : await writeFigures(out, given, checkpoint, input, terminal)
    if (report !== undefined) await writeReport(resolve(report), given, checkpoint, input, terminal)
    if (given.flag('json')) {
      printJson(terminal, { ...figures, ...(report === undefined ? {} : { report: resolve(report) }) })
      return
    }
    if (figures !== null) terminal.print(`${figures.files.join('\n')}\nin ${out}\n`)
    if (report !== undefined) terminal.print(`${resolve(report)}\n`)
  },
}

async function writeFigures(
  out: string,
  given: CommandArguments,
  checkpoint: Checkpoint,
  input: ModelInput | undefined,
  terminal: Terminal,
) {
  const most = given.wholeNumber('most', 1) ?? Infinity
  await makeOutFolder(out)
  const { files: filterFiles, explainedVariance } = await writeFilters(out, checkpoint)
  const files = [...filterFiles, ...(await writePositions(out, checkpoint))]
  if (input !== undefined) files.push(...(await writeImageFigures(out, checkpoint, input)))
  const dataset = given.text('objects')
  if (dataset === undefined) return { files, explainedVariance }
  const objects = await runJob(terminal, (context) =>
    writeDatasetFigures(out, checkpoint, { dataset, most }, terminal, context),
  )
  return { files: [...files, 'objects.json'], explainedVariance, ...objects }
}

async function writeReport(
  file: string,
  given: CommandArguments,
  checkpoint: Checkpoint,
  input: ModelInput | undefined,
  terminal: Terminal,
): Promise<void> {
  await makeOutFolder(dirname(file))
  const images = input === undefined ? [] : await reportImages(given, input, checkpoint, terminal)
  const { writeModelReport } = await import('@engine/report/modelReport')
  await runJob(terminal, (context) => writeModelReport(checkpoint, images, file, context))
}
