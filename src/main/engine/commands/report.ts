import { dirname, resolve } from 'node:path'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { makeOutFolder } from './outFolder'
import { runFolderOf } from './runArgument'
import { runJob } from './terminalJob'

export const reportCommand: Command = {
  usage: 'RUN --out FILE.html [--json]',
  options: {
    out: { value: 'FILE.html', help: 'where the report goes' },
    ...jsonOption,
  },
  details: [
    'RUN is the folder of a run, or the name of one in the home of Vitrine. Writes one HTML file that',
    'needs nothing else: curves, the newest evaluation with its confusion matrix and errors, filters,',
    'positions and attention of validation images, and all settings.',
  ].join('\n'),
  async run(given, terminal) {
    const runFolder = await runFolderOf(given.onlyWord('the run'), terminal)
    const out = resolve(given.required('out', 'the file of the report'))
    await makeOutFolder(dirname(out))
    const { writeRunReport } = await import('@engine/report/runReport')
    await runJob(terminal, (context) => writeRunReport(runFolder, out, terminal, context))
    if (given.flag('json')) printJson(terminal, { file: out })
    else terminal.print(`${out}\n`)
  },
}
