import { resolve } from 'node:path'
import { writeTensorboard } from '@engine/report/tensorboard'
import { printJson, type Command } from './command'
import { jsonOption } from './commandArguments'
import { makeOutFolder } from './outFolder'
import { runFolderOf } from './runArgument'

export const tensorboardCommand: Command = {
  usage: 'RUN… --out DIR [--json]',
  options: {
    out: { value: 'DIR', help: 'folder for the event files, a folder below it for each run' },
    ...jsonOption,
  },
  details: [
    'RUN is the folder of a run, or the name of one in the home of Vitrine. Writes the curves as event',
    'files, which TensorBoard shows: tensorboard --logdir DIR.',
  ].join('\n'),
  async run(given, terminal) {
    const out = resolve(given.required('out', 'a folder for the event files'))
    if (given.words.length === 0) given.fail('the run is missing')
    await makeOutFolder(out)
    const files: string[] = []
    for (const word of given.words) files.push(await writeTensorboard(await runFolderOf(word, terminal), out))
    if (given.flag('json')) printJson(terminal, { files })
    else terminal.print(`${files.join('\n')}\nin ${out}\n`)
  },
}
