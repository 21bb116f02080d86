import { join, resolve } from 'node:path'
import { runFolderName } from '@shared/folderNames'
import { homeFolders } from '@shared/folders'
import type { Command } from './command'
import { readRunConfig } from './configFile'
import { trainInTerminal, withAbsolutePaths } from './terminalTraining'

export const trainCommand: Command = {
  usage: 'CONFIG [--out RUNDIR] [--resume] [--save-every SECONDS] [--json]',
  options: {
    out: { value: 'RUNDIR', help: "the run's folder, new or empty (a new one among the window's runs)" },
    resume: { help: 'go on with the run in RUNDIR; CONFIG may only ask for more epochs, steps or minutes' },
    'save-every': {
      value: 'SECONDS',
      help: 'longest time within an epoch without a save (60); 0 saves after every step',
    },
    json: { help: 'print every line of metrics as a JSON object, one per line' },
  },
  details:
    'Ctrl+C stops after the step and keeps the checkpoint; a second Ctrl+C ends at once. Either way --resume goes on, with the same losses as if nothing had happened.',
  async run(given, terminal) {
    const config = withAbsolutePaths(await readRunConfig(given.onlyWord('the configuration file')))
    const resumes = given.flag('resume')
    const out = resumes ? given.required('out', 'the folder of the run that is to go on') : given.text('out')
    const saveEverySeconds = given.wholeNumber('save-every', 0)
    const runsFolder = join(terminal.home, homeFolders.runs)
    const folder = resolve(out ?? join(runsFolder, runFolderName(config.name, new Date())))
    const output = given.flag('json') ? 'metrics' : 'sentences'
    await trainInTerminal(terminal, { config, folder, resumes, saveEverySeconds, output })
  },
}
