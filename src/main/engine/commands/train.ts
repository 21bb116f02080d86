import { join, resolve } from 'node:path'
import type { RunConfig } from '@shared/config/runConfig'
import type { EpochMetrics, MetricLine } from '@shared/contract/records'
import { runFolderName } from '@shared/folderNames'
import { homeFolders, samplePrefix } from '@shared/folders'
import type { JobContext } from '@engine/job'
import { printJson, type Command } from './command'
import { readRunConfig } from './configFile'
import { runJob } from './terminalJob'

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
    const { resumeTraining, runTraining } = await import('@engine/train/run')
    const train = resumes ? resumeTraining : runTraining
    const runsFolder = join(terminal.home, homeFolders.runs)
    const folder = resolve(out ?? join(runsFolder, runFolderName(config.name, new Date())))
    const asJson = given.flag('json')
    const printLines = (lines: readonly MetricLine[]) => {
      for (const line of lines) {
        if (asJson) printJson(terminal, line)
        else if (line.type === 'epoch') terminal.print(`${epochLine(line, config.train.epochs)}\n`)
      }
    }
    const job = (context: JobContext) => train(config, folder, terminal, context, { saveEverySeconds })
    const record = await runJob(terminal, job, printLines)
    // Standard output is for the metrics alone where a program reads it.
    const tell = asJson ? terminal.note : terminal.print
    if (record.reason !== null) tell(`${record.reason}\n`)
    tell(`${record.status}: ${folder}\n`)
  },
}

/** The record of the run must make sense from any folder. */
function withAbsolutePaths(config: RunConfig): RunConfig {
  const { dataset } = config.data
  const { checkpoint } = config.init
  return {
    ...config,
    data: { ...config.data, dataset: dataset.startsWith(samplePrefix) ? dataset : resolve(dataset) },
    init: { ...config.init, checkpoint: checkpoint === null ? null : resolve(checkpoint) },
  }
}

function epochLine(line: EpochMetrics, epochs: number): string {
  const figures = (name: string, loss: number, accuracy: number) =>
    `${name} loss ${loss.toFixed(4)} accuracy ${(100 * accuracy).toFixed(1)} %`
  return [
    `epoch ${String(line.epoch).padStart(String(epochs).length)}/${epochs}`,
    `lr ${line.lr.toExponential(2)}`,
    figures('train', line.train_loss, line.train_acc),
    ...(line.val_loss === null || line.val_acc === null ? [] : [figures('val', line.val_loss, line.val_acc)]),
    `${line.seconds.toFixed(1)} s`,
  ].join('  ')
}
