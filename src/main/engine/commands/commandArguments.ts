import { parseArgs } from 'node:util'
import { VitrineError } from '@shared/errors'

export interface OptionDescription {
  /** Stands for the value in the help, e.g. `DIR`; an option without one is a switch. */
  value?: string
  help: string
}

export type OptionTable = Readonly<Record<string, OptionDescription>>

export const jsonOption: OptionTable = { json: { help: 'print the result as one JSON object' } }

/** The words after a command's name, checked as they are asked for. */
export class CommandArguments {
  private constructor(
    private readonly command: string,
    readonly words: readonly string[],
    private readonly options: Readonly<Record<string, string | boolean | undefined>>,
  ) {}

  /** @throws VitrineError `invalid-input` for an option that isn't in the table or lacks its value. */
  static parse(command: string, args: readonly string[], table: OptionTable): CommandArguments {
    const options = Object.fromEntries(
      Object.entries(table).map(([name, { value }]) => {
        return [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]
      }),
    )
    try {
      const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
      return new CommandArguments(command, positionals, values)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // The rest of Node's message explains how to pass words that begin with a dash.
      throw mistake(command, message.split(/\.\s/)[0] ?? message)
    }
  }

  flag(name: string): boolean {
    return this.options[name] === true
  }

  text(name: string): string | undefined {
    const value = this.options[name]
    return typeof value === 'string' ? value : undefined
  }

  required(name: string, what: string): string {
    return this.text(name) ?? this.fail(`--${name} is missing: give ${what}`)
  }

  /** Exactly one word, e.g. the configuration file. */
  onlyWord(what: string): string {
    const [word, extra] = this.words
    if (word === undefined) return this.fail(`${what} is missing`)
    if (extra !== undefined) return this.fail(`"${extra}" is one word too many`)
    return word
  }

  wholeNumber(name: string, atLeast: number): number | undefined {
    const value = this.number(name)
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= atLeast)) {
      return this.fail(`--${name} must be a whole number from ${atLeast} on`)
    }
    return value
  }

  /** A number from 0 up to, but not including, `below`. */
  fraction(name: string, below: number): number | undefined {
    const value = this.number(name)
    if (value !== undefined && !(value >= 0 && value < below)) {
      return this.fail(`--${name} must be from 0 up to, but not including, ${below}`)
    }
    return value
  }

  choice<C extends string>(name: string, choices: readonly C[]): C | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const found = choices.find((choice) => choice === text)
    return found ?? this.fail(`--${name} must be ${choices.join(' or ')}`)
  }

  /** @throws VitrineError `invalid-input` that names the help of this command. */
  fail(message: string): never {
    throw mistake(this.command, message)
  }

  private number(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = text.trim() === '' ? NaN : Number(text)
    return Number.isFinite(value) ? value : this.fail(`--${name} must be a number, not "${text}"`)
  }
}

function mistake(command: string, message: string): VitrineError {
  return new VitrineError('invalid-input', `${message} ("vitrine ${command} --help" shows how it is used).`)
}
