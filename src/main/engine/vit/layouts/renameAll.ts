import type { Weights } from '../parameters'
import type { RenameRule } from './layout'

/** Every weight by the first rule that fits its name; a name without a rule is a fault of the table. */
export function renameAll(weights: Weights, rules: readonly RenameRule[]): Weights {
  return new Map(
    [...weights].map(([name, weight]) => {
      const rule = rules.find(([pattern]) => pattern.test(name))
      if (rule === undefined) throw new Error(`no rule renames ${name}`)
      return [name.replace(...rule), weight]
    }),
  )
}
