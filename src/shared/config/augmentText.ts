import { augmentOperationNames, augmentRecipeSchema, type AugmentOperation, type AugmentRecipe } from './augmentRecipe'

/**
 * The text form of a recipe, for pasting: `resized-crop scale=0.6..1; horizontal-flip p=0.5`.
 * Operations are separated by semicolons or new lines; a range is `low..high`, or one number for
 * both; what is left out has its default.
 */

export type ParsedRecipe = { ok: true; recipe: AugmentRecipe } | { ok: false; problem: string }

function settingText(value: number | readonly number[]): string {
  if (typeof value === 'number') return String(value)
  const [low, high] = value
  return low === high ? String(low) : `${low}..${high}`
}

function operationText({ op, ...settings }: AugmentOperation): string {
  return [op, ...Object.entries(settings).map(([key, value]) => `${key}=${settingText(value)}`)].join(' ')
}

/** The recipe in its text form, every setting written out; `parseRecipeText` gives the same recipe back. */
export function recipeText(recipe: AugmentRecipe): string {
  return recipe.operations.map(operationText).join('; ')
}

const rangeSettings = new Set(['scale', 'ratio', 'degrees', 'factor', 'shift', 'sigma'])

function parseNumber(text: string): number | null {
  const value = text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

function parseValue(key: string, text: string): number | [number, number] | null {
  if (!rangeSettings.has(key)) return parseNumber(text)
  const [first = '', last = first, extra] = text.split('..')
  const low = parseNumber(first)
  const high = parseNumber(last)
  return low === null || high === null || extra !== undefined ? null : [low, high]
}

function parseOperation(text: string): { value: Record<string, unknown> } | { problem: string } {
  const [op = '', ...settings] = text.split(/\s+/)
  const known: readonly string[] = augmentOperationNames
  if (!known.includes(op)) {
    return { problem: `has no operation “${op}”: the operations are ${augmentOperationNames.join(', ')}` }
  }
  const value: Record<string, unknown> = { op }
  for (const setting of settings) {
    const [key = '', written] = setting.split('=')
    const parsed = written === undefined ? null : parseValue(key, written)
    if (parsed === null)
      return { problem: `doesn't understand “${setting}” of ${op}: write name=number or name=low..high` }
    value[key] = parsed
  }
  return { value }
}

/** A clause about the first thing that is wrong with a recipe, with the operation's name. */
export function recipeProblem(value: unknown): string | null {
  const parsed = augmentRecipeSchema.safeParse(value)
  if (parsed.success) return null
  const [issue] = parsed.error.issues
  if (issue === undefined) return null
  const [, index, ...rest] = issue.path
  if (typeof index !== 'number') return 'must be a preset, a recipe in its text form, or an object with operations'
  const setting = rest.find((part) => typeof part === 'string')
  if (issue.code === 'unrecognized_keys')
    return `has an unknown setting “${issue.keys.join(', ')}” in operation ${index + 1}`
  if (setting === undefined || setting === 'op') {
    return `has no such operation at place ${index + 1}: the operations are ${augmentOperationNames.join(', ')}`
  }
  return `has a wrong “${setting}” in operation ${index + 1}: it ${issue.message.replace(/^Invalid input: expected/, 'must be a')}`
}

export function parseRecipeText(text: string): ParsedRecipe {
  const operations: unknown[] = []
  for (const part of text.split(/[;\n]/).map((piece) => piece.trim())) {
    if (part === '') continue
    const parsed = parseOperation(part)
    if ('problem' in parsed) return { ok: false, problem: parsed.problem }
    operations.push(parsed.value)
  }
  const result = augmentRecipeSchema.safeParse({ operations })
  if (result.success) return { ok: true, recipe: result.data }
  return { ok: false, problem: recipeProblem({ operations }) ?? 'is not a recipe' }
}
