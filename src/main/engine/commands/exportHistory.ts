import { resolve } from 'node:path'
import { writeHistory } from '@engine/report/history'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { makeOutFolder } from './outFolder'
import { runFolderOf } from './runArgument'

export const historyCommand: Command = {
  usage: 'RUN [--out DIR] [--json]',
  options: {
    out: { value: 'DIR', help: "folder for the tables (the run's own)" },
    ...jsonOption,
  },
  details: [
    'RUN is the folder of a run, or the name of one in the home of Vitrine. Writes history.npy and',
    'history.csv with a row for each epoch, steps.npy and steps.csv with a row for each step. NumPy gives',
    "a column by its name: numpy.load('history.npy')['val_loss'].",
  ].join('\n'),
  async run(given, terminal) {
    const runFolder = await runFolderOf(given.onlyWord('the run'), terminal)
    const out = resolve(given.text('out') ?? runFolder)
    if (out !== runFolder) await makeOutFolder(out)
    const files = await writeHistory(runFolder, out)
    if (given.flag('json')) printJson(terminal, { files })
    else terminal.print(`${files.join('\n')}\nin ${out}\n`)
  },
}
