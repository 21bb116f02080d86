import { VitrineError } from '@shared/errors'
import { printJson, printTable, type Command } from './command'
import { jsonOption } from './commandArguments'

export const doctorCommand: Command = {
  usage: '[--json]',
  options: jsonOption,
  details: 'Exit code 1 when something is missing.',
  async run(given, terminal) {
    if (given.words.length > 0) given.fail('doctor takes no words')
    const { doctor } = await import('@engine/doctor')
    const result = await doctor()
    if (given.flag('json')) printJson(terminal, result)
    else {
      const rows = result.items.map(({ name, found, ok, mend }) => [
        ok ? 'ok' : 'MISSING',
        name,
        found ?? '',
        ok || mend === null ? '' : `→ ${mend}`,
      ])
      printTable(terminal, rows)
    }
    if (!result.ok) {
      const missing = result.items.filter((item) => !item.ok).map((item) => item.name)
      throw new VitrineError('unavailable', `Not everything is in place: ${missing.join(', ')}.`)
    }
  },
}
