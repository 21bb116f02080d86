import { writeDatasetFigures, writeFilters, writeImageFigures, writePositions } from './inspectResults'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { modelOptions, readModelInput, readNamedCheckpoint } from './modelInput'
import { makeOutFolder } from './outFolder'
import { runJob } from './terminalJob'

export const inspectCommand: Command = {
  usage: 'CKPT [IMAGE… | --tensor X.npy] [--objects DATASET [--most N]] --out DIR [--heads N] [--json]',
  options: {
    out: { value: 'DIR', help: 'folder for the arrays and pictures' },
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
    const out = given.required('out', 'a folder for the results')
    const most = given.wholeNumber('most', 1) ?? Infinity
    const checkpoint = await readNamedCheckpoint(given)
    const input = await readModelInput(given, checkpoint)
    await makeOutFolder(out)
    const { files: filterFiles, explainedVariance } = await writeFilters(out, checkpoint)
    const files = [...filterFiles, ...(await writePositions(out, checkpoint))]
    if (input !== undefined) files.push(...(await writeImageFigures(out, checkpoint, input)))
    const dataset = given.text('objects')
    const objects =
      dataset === undefined
        ? {}
        : await runJob(terminal, (context) =>
            writeDatasetFigures(out, checkpoint, { dataset, most }, terminal, context),
          )
    if (dataset !== undefined) files.push('objects.json')
    if (given.flag('json')) printJson(terminal, { files, explainedVariance, ...objects })
    else terminal.print(`${files.join('\n')}\nin ${out}\n`)
  },
}
