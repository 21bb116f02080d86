import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeParquet } from '@engine/formats/parquet'
import { encodeCsv, type Column } from '@engine/formats/table'

function tableOf(rows: readonly (readonly [string, number, number, boolean])[]): Column[] {
  return [
    { name: 'file, "raw"', kind: 'text', values: rows.map(([file]) => file) },
    { name: 'count', kind: 'whole', values: Int32Array.from(rows, ([, count]) => count) },
    { name: 'loss', kind: 'number', values: Float64Array.from(rows, ([, , loss]) => loss) },
    { name: 'correct', kind: 'truth', values: rows.map(([, , , correct]) => correct) },
  ]
}

describe('encodeCsv', () => {
  it('gives back every text and every digit', () => {
    const row = fc.tuple(
      fc.oneof(fc.string(), fc.constantFrom('a,b', 'say "a"', 'two\nlines', 'a\r\nb', '')),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.double({ noNaN: true }),
      fc.boolean(),
    )
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const parsed = parse(encodeCsv(tableOf(rows)))
        expect(parsed[0]).toEqual(['file, "raw"', 'count', 'loss', 'correct'])
        expect(
          parsed.slice(1).map(([file, count, loss, correct]) => [file, Number(count), Number(loss), correct]),
        ).toEqual(rows.map(([file, count, loss, correct]) => [file, count, loss === 0 ? 0 : loss, String(correct)]))
      }),
    )
  })

  it('leaves the cell of a missing number empty', () => {
    expect(encodeCsv(tableOf([['x', 1, Number.NaN, true]]))).toContain('x,1,,true\n')
  })
})

describe('encodeParquet', () => {
  it('makes a file of the format, whatever the number of rows', () => {
    for (const count of [0, 1, 3000]) {
      const rows = Array.from({ length: count }, (_, index) => [`${index}`, index, index / 7, index % 2 === 0] as const)
      const bytes = Buffer.from(encodeParquet(tableOf(rows)))
      expect(bytes.subarray(0, 4).toString()).toBe('PAR1')
      expect(bytes.subarray(-4).toString()).toBe('PAR1')
      for (const name of ['count', 'loss', 'correct']) expect(bytes.includes(name)).toBe(true)
    }
  })
})
