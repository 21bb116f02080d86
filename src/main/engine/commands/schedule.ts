import { learningRatePlan, learningRates } from '@shared/schedule'
import type { TrainConfig } from '@shared/config/trainConfig'
import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'
import { readRunConfig } from './configFile'

interface ScheduleRow {
  epoch: number
  /** Of the optimizer, from 1 over the whole run. */
  step?: number
  lr: number
}

/** @param stepsPerEpoch undefined for a row an epoch: the rate that its first step is made with */
function scheduleRows({ schedule, optimizer, epochs }: TrainConfig, stepsPerEpoch: number | undefined): ScheduleRow[] {
  if (stepsPerEpoch === undefined) {
    return learningRates(schedule, optimizer.lr, epochs).map((lr, index) => ({ epoch: index + 1, lr }))
  }
  const plan = learningRatePlan(schedule, optimizer.lr, epochs, stepsPerEpoch)
  return Array.from({ length: epochs * stepsPerEpoch }, (_, index) => {
    const epoch = Math.floor(index / stepsPerEpoch) + 1
    return { epoch, step: index + 1, lr: plan.rateAt(epoch, index % stepsPerEpoch) }
  })
}

export const scheduleCommand: Command = {
  usage: 'CONFIG [--steps-per-epoch N] [--json]',
  options: { 'steps-per-epoch': { value: 'N', help: 'a row for each step of the optimizer' }, ...jsonOption },
  details: "CONFIG is a run's configuration file. Epochs count from 1; a row has the rate of the epoch's first step.",
  async run(given, terminal) {
    const { train } = await readRunConfig(given.onlyWord('the configuration file'))
    const rows = scheduleRows(train, given.wholeNumber('steps-per-epoch', 1))
    if (given.flag('json')) {
      printJson(terminal, rows)
      return
    }
    const columns = rows.some(({ step }) => step !== undefined) ? ['epoch', 'step'] : ['epoch']
    printTable(terminal, [
      [...columns, 'learning rate'],
      ...rows.map(({ epoch, step, lr }) => [
        String(epoch),
        ...(step === undefined ? [] : [String(step)]),
        lr.toExponential(6),
      ]),
    ])
  },
}
