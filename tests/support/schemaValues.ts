import fc from 'fast-check'
import { z } from 'zod'

/** Values and paths of a zod schema, by way of its JSON schema. */

type JsonSchema = Exclude<z.core.JSONSchema._JSONSchema, boolean>

function parts(schemas: readonly z.core.JSONSchema._JSONSchema[] | undefined): JsonSchema[] {
  return (schemas ?? []).filter((schema) => typeof schema !== 'boolean')
}

function properties(schema: JsonSchema): [string, JsonSchema][] {
  return Object.entries(schema.properties ?? {}).filter(
    (entry): entry is [string, JsonSchema] => typeof entry[1] !== 'boolean',
  )
}

/** Drafts of JSON schema before 2020 had true and false here. */
function bound(value: number | boolean | undefined): number | null {
  return typeof value === 'number' ? value : null
}

function numbers(schema: JsonSchema): fc.Arbitrary<number> {
  const above = bound(schema.exclusiveMinimum)
  const below = bound(schema.exclusiveMaximum)
  if (schema.type === 'integer') {
    const min = above === null ? (schema.minimum ?? -1000) : above + 1
    return fc.integer({ min, max: Math.min(schema.maximum ?? 1e6, 0x7fffffff) })
  }
  return fc.double({
    noNaN: true,
    noDefaultInfinity: true,
    min: above ?? schema.minimum ?? -1e6,
    max: below ?? schema.maximum ?? 1e6,
    minExcluded: above !== null,
    maxExcluded: below !== null,
  })
}

function arrays(schema: JsonSchema, path: string, own: OwnValues): fc.Arbitrary<unknown> {
  const places = parts(schema.prefixItems)
  if (places.length > 0) return fc.tuple(...places.map((place, index) => arbitrary(place, `${path}.${index}`, own)))
  const item = schema.items
  if (typeof item !== 'object' || Array.isArray(item)) throw new RangeError(`${path} has no kind of items`)
  return fc.array(arbitrary(item, path, own), { minLength: schema.minItems ?? 0, maxLength: schema.maxItems ?? 5 })
}

/** What the schema can't say, by path. */
type OwnValues = Readonly<Record<string, fc.Arbitrary<unknown>>>

function arbitrary(schema: JsonSchema, path: string, own: OwnValues): fc.Arbitrary<unknown> {
  const known = own[path]
  if (known !== undefined) return known
  if (schema.anyOf !== undefined) return fc.oneof(...parts(schema.anyOf).map((part) => arbitrary(part, path, own)))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return numbers(schema)
    case 'string':
      return fc.string({ minLength: schema.minLength ?? 0, maxLength: schema.maxLength ?? 20 })
    case 'array':
      return arrays(schema, path, own)
    case 'object': {
      const members = properties(schema).map(([key, value]): [string, fc.Arbitrary<unknown>] => [
        key,
        arbitrary(value, path === '' ? key : `${path}.${key}`, own),
      ])
      return fc.record(Object.fromEntries(members), { requiredKeys: schema.required ?? [] })
    }
    default:
      throw new RangeError(`${path} is of a kind that has no values here`)
  }
}

/** Random values that the schema allows, optional parts sometimes left out. */
export function valuesOf<T>(schema: z.ZodType<T>, own: OwnValues = {}): fc.Arbitrary<T> {
  return arbitrary(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), '', own).map((value) =>
    schema.parse(value),
  )
}

function leaves(schema: JsonSchema, path: string): string[] {
  if (schema.anyOf !== undefined) return parts(schema.anyOf).flatMap((part) => leaves(part, path))
  if (schema.type === 'object') {
    return properties(schema).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`))
  }
  if (schema.type === 'array') {
    const length = parts(schema.prefixItems).length || (schema.minItems ?? 0)
    return Array.from({ length }, (_, index) => `${path}.${index}`)
  }
  return schema.type === 'null' ? [] : [path]
}

/** Dotted paths of all single values that the schema has. */
export function leafPaths(schema: z.ZodType): string[] {
  return leaves(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), '')
}
