import fc from 'fast-check'
import { z } from 'zod'

/** Values that a page which has been taken over could send: nearly right ones, and ones that are nothing like it. */

type JsonSchema = Exclude<z.core.JSONSchema._JSONSchema, boolean>

const deepLevels = 2_000
const manyCharacters = 200_000

function deep(): unknown {
  let value: unknown = 1
  for (let level = 0; level < deepLevels; level++) value = level % 2 === 0 ? [value] : { config: value }
  return value
}

/** Made by the parser, so that `__proto__` is a property like any other. */
function pollution(): unknown {
  return JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"polluted":1}')
}

function circular(): unknown {
  const value: Record<string, unknown> = {}
  value['config'] = value
  return value
}

const oddStrings = [
  '',
  ' ',
  '.',
  '..',
  '../outside',
  '../../../../etc/passwd',
  '..\\..\\outside',
  '/',
  '/etc/passwd',
  '/dev/zero',
  '/proc/self/environ',
  'C:\\Windows\\win.ini',
  'file:///etc/passwd',
  'a\0b',
  '%2e%2e%2f',
  '__proto__',
  'constructor',
  'toString',
  'sample:',
  'sample:../outside',
  'sample:__proto__',
  '$(touch outside)',
  '; touch outside #',
  '`touch outside`',
  '-rf',
  '\ud800',
  '\u202egnp.exe',
  'x'.repeat(300),
  'y/'.repeat(3_000),
  'z'.repeat(manyCharacters),
]

const oddNumbers = [-1, 0, 1.5, 1e300, -1e300, 2 ** 53, 2 ** 31, NaN, Infinity, -Infinity, -0, 5e-324]

/** Whatever the channel between window and main can carry. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  }),
  fc.constantFrom<unknown>(undefined, null, true, 7, 8n, [], {}, new Date(NaN), new Uint8Array(1_000_000), /a+/),
  fc.constantFrom<unknown>({ toString: 1, valueOf: 1 }, { then: 1 }, { length: 1e9 }, { config: { toString: null } }),
  fc.constant(null).map(() => Array.from({ length: 100_000 }, () => '../outside')),
  fc.constant(null).map(deep),
  fc.constant(null).map(pollution),
  fc.constant(null).map(circular),
)

function strings(known: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known) },
    { weight: 3, arbitrary: fc.constantFrom(...oddStrings) },
    { weight: 1, arbitrary: fc.string() },
  )
}

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null
}

/** Values of the schema's shape with whatever in its leaves. */
function shaped(schema: JsonSchema, known: readonly string[]): fc.Arbitrary<unknown> {
  const inner = (part: unknown): fc.Arbitrary<unknown> => (isSchema(part) ? shaped(part, known) : anything)
  const right = rightKind(schema, known, inner)
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: anything })
}

function rightKind(
  schema: JsonSchema,
  known: readonly string[],
  inner: (part: unknown) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(inner))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom<unknown>(...schema.enum)
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return fc.oneof(fc.nat(20), fc.double(), fc.constantFrom(...oddNumbers))
    case 'string':
      return strings(known)
    case 'array':
      return fc.array(inner(Array.isArray(schema.items) ? schema.items[0] : schema.items), { maxLength: 4 })
    case 'object': {
      const members = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, inner(part)] as const)
      return fc.record(Object.fromEntries(members), { requiredKeys: schema.required ?? [] })
    }
    default:
      return anything
  }
}

/**
 * Inputs for a route.
 * @param known ids and paths that mean something where they are sent
 */
export function hostileInputs(schema: z.ZodType, known: readonly string[]): fc.Arbitrary<unknown> {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return fc.oneof({ weight: 5, arbitrary: shaped(shape, known) }, { weight: 1, arbitrary: anything })
}

/** Names of routes, and what else could be sent in their place. */
export const hostileNames: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom(...oddStrings), anything)
