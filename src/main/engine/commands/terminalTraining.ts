import { basename, resolve } from 'node:path'
import type { RunConfig } from '@shared/config/runConfig'
import type { EpochMetrics, MetricLine, RunRecord } from '@shared/contract/records'
import { samplePrefix } from '@shared/folders'
import type { JobContext } from '@engine/job'
import { trainingNotices } from '@engine/runs/trainingNotices'
import { printJson } from './command'
import type { Terminal } from './terminal'
import { runJob } from './terminalJob'

/** Training as a person at a terminal sees it. */

export interface TerminalTraining {
  /** With absolute paths: see `withAbsolutePaths`. */
  config: RunConfig
  /** Of the run. */
  folder: string
  /** Whether the run is there already, and goes on. */
  resumes: boolean
  saveEverySeconds?: number | undefined
  /** What goes to standard output: a sentence for each epoch, every line of metrics as JSON, or nothing. */
  output: 'sentences' | 'metrics' | 'nothing'
}

/** Trains a run, or goes on with it, and prints what it measures. @throws as `runTraining` and `resumeTraining` */
export async function trainInTerminal(terminal: Terminal, training: TerminalTraining): Promise<RunRecord> {
  const { config, folder, resumes, saveEverySeconds, output } = training
  const { resumeTraining, runTraining } = await import('@engine/train/run')
  const train = resumes ? resumeTraining : runTraining
  const printLines = (lines: readonly MetricLine[]) => {
    for (const line of lines) {
      if (output === 'metrics') printJson(terminal, line)
      else if (output === 'sentences' && line.type === 'epoch')
        terminal.print(`${epochLine(line, config.train.epochs)}\n`)
    }
  }
  const job = (context: JobContext) => train(config, folder, terminal, context, { saveEverySeconds })
  const title = config.name === '' ? basename(folder) : config.name
  const record = await withNotice(terminal, title, () => runJob(terminal, job, printLines))
  // Standard output is for results alone where a program reads it.
  const tell = output === 'sentences' ? terminal.print : terminal.note
  if (record.reason !== null) tell(`${record.reason}\n`)
  tell(`${record.status}: ${folder}\n`)
  return record
}

/** The record of the run must make sense from any folder. */
export function withAbsolutePaths(config: RunConfig): RunConfig {
  const { dataset } = config.data
  const { checkpoint } = config.init
  return {
    ...config,
    data: { ...config.data, dataset: dataset.startsWith(samplePrefix) ? dataset : resolve(dataset) },
    init: { ...config.init, checkpoint: checkpoint === null ? null : resolve(checkpoint) },
  }
}

/** Says who else trains on this machine, and lets others know of this training while it lasts. */
async function withNotice<T>(terminal: Terminal, title: string, training: () => Promise<T>): Promise<T> {
  const notices = trainingNotices(terminal.home)
  for (const { title: other, by, owner } of await notices.others()) {
    terminal.note(
      `note: “${other}” is being trained in a ${by} too (process ${owner.processId}); both share the machine.\n`,
    )
  }
  // A home that can't be written to is no hindrance for a run in a folder elsewhere.
  await notices.put(title, 'terminal').catch(() => undefined)
  try {
    return await training()
  } finally {
    await notices.take().catch(() => undefined)
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
