import { failureOf, isUsersMistake, VitrineError } from '@shared/errors'
import type { Command } from './command'
import { CommandArguments } from './commandArguments'
import type { Terminal } from './terminal'

/** Exit codes that scripts rely on. */
export const exitCodes = { done: 0, usersMistake: 1, fault: 2 } as const

interface CommandEntry {
  summary: string
  load: () => Promise<Command>
}

/** Each command is loaded when it is called, so that the light ones answer at once. */
const commands: Readonly<Record<string, CommandEntry>> = {
  doctor: {
    summary: 'tell what is there, what is missing, and what mends it',
    load: async () => (await import('./doctor')).doctorCommand,
  },
  prepare: {
    summary: 'make a dataset from a folder with one folder of images per class',
    load: async () => (await import('./prepare')).prepareCommand,
  },
  augment: {
    summary: 'write an image after operations of augmentation',
    load: async () => (await import('./augment')).augmentCommand,
  },
  schedule: {
    summary: 'list the learning rate of every epoch',
    load: async () => (await import('./schedule')).scheduleCommand,
  },
  train: {
    summary: 'train a model and keep the run in a folder',
    load: async () => (await import('./train')).trainCommand,
  },
  sweep: {
    summary: 'train many runs in which some of the settings vary',
    load: async () => (await import('./sweep')).sweepCommand,
  },
  evaluate: {
    summary: 'measure a model on a split of a dataset, with tables for notebooks',
    load: async () => (await import('./evaluate')).evaluateCommand,
  },
  predict: {
    summary: 'classify images',
    load: async () => (await import('./predict')).predictCommand,
  },
  attend: {
    summary: 'write the attention of images, raw or rolled out over the layers',
    load: async () => (await import('./attend')).attendCommand,
  },
  inspect: {
    summary: 'write what a model has learnt: patch filters, positions, attention distances',
    load: async () => (await import('./inspect')).inspectCommand,
  },
  report: {
    summary: 'write a run as one HTML file: curves, confusion, errors, filters, attention',
    load: async () => (await import('./report')).reportCommand,
  },
  history: {
    summary: "write a run's numbers as npy and CSV",
    load: async () => (await import('./exportHistory')).historyCommand,
  },
  tensorboard: {
    summary: 'write the curves of runs as event files of TensorBoard',
    load: async () => (await import('./exportTensorboard')).tensorboardCommand,
  },
  convert: {
    summary: 'write a checkpoint with the names of another program',
    load: async () => (await import('./convert')).convertCommand,
  },
  bench: {
    summary: 'measure the speed of training steps',
    load: async () => (await import('./bench')).benchCommand,
  },
}

/** Runs one command; everything that goes wrong becomes a line on standard error and the exit code. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(words, terminal)
    return exitCodes.done
  } catch (error) {
    return report(error, terminal)
  }
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<void> {
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.print(generalHelp())
    return
  }
  const names = Object.keys(commands).join(', ')
  if (name === undefined) {
    throw new VitrineError('invalid-input', `Name a command: ${names} ("vitrine --help" tells about them).`)
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) {
    throw new VitrineError('invalid-input', `There is no command "${name}": the commands are ${names}.`)
  }
  const command = await entry.load()
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.print(commandHelp(name, command))
    return
  }
  await command.run(CommandArguments.parse(name, rest, command.options), terminal)
}

function report(error: unknown, terminal: Terminal): number {
  const failure = failureOf(error)
  const sentence = failure.message.replace(/\s*\n\s*/g, ' ')
  if (isUsersMistake(failure)) {
    terminal.note(`error: ${sentence}\n`)
    return exitCodes.usersMistake
  }
  terminal.note(`internal error: ${sentence}\n`)
  // The stack is for the report that a fault of the program deserves.
  if (error instanceof Error && error.stack !== undefined) terminal.note(`${error.stack}\n`)
  return exitCodes.fault
}

function generalHelp(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'Usage: vitrine COMMAND …',
    '',
    'Trains and inspects Vision Transformers.',
    '',
    ...lines,
    '',
    '"vitrine COMMAND --help" tells about one of them. Exit code: 0 done, 1 a mistake in what was',
    'given (one line "error: …" on standard error), 2 a fault of the program.',
    '',
  ].join('\n')
}

function commandHelp(name: string, command: Command): string {
  const described = [
    ...Object.entries(command.options).map(([option, { value, help }]): [string, string] => [
      value === undefined ? `--${option}` : `--${option} ${value}`,
      help,
    ]),
    ['--help', 'show this'] satisfies [string, string],
  ]
  const width = Math.max(...described.map(([left]) => left.length))
  return [
    `Usage: vitrine ${name} ${command.usage}`,
    '',
    command.details,
    '',
    ...described.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`),
    '',
  ].join('\n')
}
