import { learningRates } from '@shared/schedule'
import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'
import { readRunConfig } from './configFile'

export const scheduleCommand: Command = {
  usage: 'CONFIG [--json]',
  options: jsonOption,
  details: "CONFIG is a run's configuration file. Epochs count from 1.",
  async run(given, terminal) {
    const { train } = await readRunConfig(given.onlyWord('the configuration file'))
    const rates = learningRates(train.schedule, train.optimizer.lr, train.epochs)
    const rows = rates.map((lr, index) => ({ epoch: index + 1, lr }))
    if (given.flag('json')) printJson(terminal, rows)
    else
      printTable(terminal, [
        ['epoch', 'learning rate'],
        ...rows.map(({ epoch, lr }) => [String(epoch), lr.toExponential(6)]),
      ])
  },
}
