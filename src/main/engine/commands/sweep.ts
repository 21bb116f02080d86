import { join, resolve } from 'node:path'
import type { RunConfig } from '@shared/config/runConfig'
import { problemSentence } from '@shared/config/runConfig'
import type { RunRecord } from '@shared/contract/records'
import { failureOf, VitrineError } from '@shared/errors'
import { slug } from '@shared/folderNames'
import { expandSweep } from '@shared/sweep/expandSweep'
import { sweepProblem, sweepSchema, type Sweep } from '@shared/sweep/sweep'
import { readRunRecord } from '@engine/runs/runFolder'
import { printJson, type Command } from './command'
import { readJsonFile, readRunConfig } from './configFile'
import type { Terminal } from './terminal'
import { trainInTerminal, withAbsolutePaths } from './terminalTraining'

export const sweepCommand: Command = {
  usage: 'CONFIG SWEEP --out DIR [--json]',
  options: {
    out: { value: 'DIR', help: 'folder for the runs, each in a folder of its own' },
    json: { help: 'print a JSON object for each run, one per line: name, folder, status, best' },
  },
  details: [
    'Trains one run after another with the settings of CONFIG, of which those in SWEEP vary:',
    '  {"settings": {"seed": [1, 2], "train.optimizer.lr": {"from": 1e-4, "to": 1e-2, "count": 3, "scale": "log"}}}',
    'makes all six combinations; with "samples": 20 and "seed": 1 twenty are drawn at random.',
    'Called again it goes on where it was left: finished runs stay, the others are resumed or begun.',
  ].join('\n'),
  async run(given, terminal) {
    const [configFile, sweepFile, extra] = given.words
    if (configFile === undefined || sweepFile === undefined) {
      return given.fail('the configuration file or the file of the sweep is missing')
    }
    if (extra !== undefined) return given.fail(`"${extra}" is one word too many`)
    const out = resolve(given.required('out', 'the folder for the runs'))
    const base = await readRunConfig(configFile)
    const { runs, refused } = expandSweep(base, await readSweep(sweepFile))
    for (const { values, problems } of refused) {
      const words = values.map(({ path, value }) => `${path} ${String(value)}`).join(', ')
      terminal.note(`left out: ${words}: ${problems.map(problemSentence).join(' ')}\n`)
    }
    if (runs.length === 0) throw new VitrineError('invalid-input', `${sweepFile}: no combination can be trained.`)
    const digits = String(runs.length).length
    const places = runs.map(({ config }, index) => ({
      config: withAbsolutePaths(config),
      folder: join(out, `${String(index + 1).padStart(digits, '0')}-${slug(config.name) || 'run'}`),
    }))
    await trainAll(terminal, places, given.flag('json'))
  },
}

/** A run that fails doesn't keep the others from being trained; Ctrl+C does. */
async function trainAll(
  terminal: Terminal,
  runs: readonly { config: RunConfig; folder: string }[],
  asJson: boolean,
): Promise<void> {
  let failures = 0
  for (const [index, { config, folder }] of runs.entries()) {
    terminal.note(`run ${index + 1} of ${runs.length}: ${config.name}\n`)
    try {
      const earlier = await readEarlier(folder, config)
      const isDone = earlier?.status === 'finished'
      const training = { config, folder, resumes: earlier !== null, output: asJson ? 'nothing' : 'sentences' } as const
      const record = isDone ? earlier : await trainInTerminal(terminal, training)
      const { status, best } = record
      if (asJson) printJson(terminal, { name: record.name, folder, status, best })
      if (record.status === 'stopped') return
    } catch (error) {
      failures += 1
      terminal.note(`failed: ${failureOf(error).message}\n`)
    }
  }
  if (failures === 0) return
  throw new VitrineError('invalid-input', `${failures} of ${runs.length} runs failed: the reasons are said above.`)
}

/** The record of a run that an earlier call began. @throws VitrineError where it was made with other settings */
async function readEarlier(folder: string, config: RunConfig): Promise<RunRecord | null> {
  const earlier = await readRunRecord(folder).catch((error: unknown) => {
    if (error instanceof VitrineError && error.kind === 'not-found') return null
    throw error
  })
  if (earlier === null) return null
  const { checkSameSettings } = await import('@engine/train/resume')
  checkSameSettings(earlier.config, config)
  return earlier
}

async function readSweep(file: string): Promise<Sweep> {
  const parsed = sweepSchema.safeParse(await readJsonFile(file, 'file of a sweep'))
  if (parsed.success) return parsed.data
  throw new VitrineError('invalid-input', `${file}: ${sweepProblem(parsed.error)}`)
}
