import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeNpy, encodeNpy, readNpy, writeNpy, type NpyArray } from '@engine/formats/npy'
import { temporaryFolder } from './temporaryFolder'

const arrayArbitrary: fc.Arbitrary<NpyArray> = fc.array(fc.nat(5), { maxLength: 4 }).chain((shape) => {
  const count = shape.reduce((product, size) => product * size, 1)
  const length = { minLength: count, maxLength: count }
  return fc
    .oneof(fc.float32Array(length), fc.float64Array(length), fc.int32Array(length), fc.uint8Array(length))
    .map((data): NpyArray => ({ shape, data }))
})

/** A file as numpy would write it, with the given header. */
function fileOf(header: string, data: Uint8Array, version: 1 | 2 | 3 = 1): Buffer {
  const prefix = Buffer.alloc(version === 1 ? 10 : 12)
  prefix.write('\x93NUMPY', 'latin1')
  prefix.writeUInt8(version, 6)
  if (version === 1) prefix.writeUInt16LE(header.length, 8)
  else prefix.writeUInt32LE(header.length, 8)
  return Buffer.concat([prefix, Buffer.from(header), data])
}

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer)
const headerOf = (type: string, shape: string, fortran = false) =>
  `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }\n`

describe('npy', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(arrayArbitrary, (array) => {
        const bytes = encodeNpy(array)
        expect(decodeNpy(bytes)).toEqual(array)
        // Bytes that start anywhere in memory.
        const shifted = new Uint8Array(bytes.length + 1)
        shifted.set(bytes, 1)
        expect(decodeNpy(shifted.subarray(1))).toEqual(array)
      }),
    )
  })

  it('aligns the values and writes tuples as Python does', () => {
    const bytes = Buffer.from(encodeNpy({ shape: [3], data: Uint8Array.of(1, 2, 3) }))
    const headerBytes = bytes.readUInt16LE(8)
    expect((10 + headerBytes) % 64).toBe(0)
    expect(bytes.toString('latin1', 10, 10 + headerBytes)).toMatch(
      /^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(3,\), \} *\n$/,
    )
  })

  it('reads versions 1, 2 and 3, 64-bit integers and truth values', () => {
    for (const version of [1, 2, 3] as const) {
      const bytes = fileOf(headerOf('<i8', '(2, 1)'), bytesOf(BigInt64Array.of(5n, -6n)), version)
      expect(decodeNpy(bytes)).toEqual({ shape: [2, 1], data: Float64Array.of(5, -6) })
    }
    expect(decodeNpy(fileOf(headerOf('|b1', '()'), Uint8Array.of(1)))).toEqual({ shape: [], data: Uint8Array.of(1) })
  })

  it('turns Fortran order into row-major order', () => {
    // [[1, 2, 3], [4, 5, 6]] column by column.
    const matrix = fileOf(headerOf('<f4', '(2, 3)', true), bytesOf(Float32Array.of(1, 4, 2, 5, 3, 6)))
    expect(decodeNpy(matrix)).toEqual({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    // Value at [i, j, k] is 100 i + 10 j + k.
    const columns = Int32Array.from(
      { length: 24 },
      (_, at) => 100 * (at % 2) + 10 * (Math.floor(at / 2) % 3) + Math.floor(at / 6),
    )
    const rows = Int32Array.from(
      { length: 24 },
      (_, at) => 100 * Math.floor(at / 12) + 10 * (Math.floor(at / 4) % 3) + (at % 4),
    )
    expect(decodeNpy(fileOf(headerOf('<i4', '(2, 3, 4)', true), bytesOf(columns))).data).toEqual(rows)
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /no npy file/],
    ['text', Buffer.from('hello hello hello'), /no npy file/],
    ['an unknown version', Buffer.from('\x93NUMPY\x07\x00\x00\x00\x00\x00', 'latin1'), /version 7/],
    ['a header behind the end', fileOf('', new Uint8Array(2)).fill(0xff, 8, 10), /longer than the file/],
    ['no shape', fileOf("{'descr': '<f4', 'fortran_order': False}\n", new Uint8Array(4)), /malformed/],
    [
      'a type of fields',
      fileOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", new Uint8Array(4)),
      /malformed/,
    ],
    ['big-endian values', fileOf(headerOf('>f4', '(1,)'), new Uint8Array(4)), /type >f4/],
    ['objects', fileOf(headerOf('|O', '(1,)'), new Uint8Array(4)), /type \|O/],
    ['too few values', fileOf(headerOf('<f4', '(2,)'), new Uint8Array(7)), /cut off/],
    [
      'an enormous shape',
      fileOf(headerOf('<f4', '(9007199254740991, 9007199254740991)'), new Uint8Array(8)),
      /cut off/,
    ],
  ])('refuses %s in one sentence with the file name', async (_, bytes, reason) => {
    const path = join(await temporaryFolder(), 'broken.npy')
    await writeFile(path, bytes)
    const failure = readNpy(path)
    await expect(failure).rejects.toMatchObject({ kind: 'unreadable', message: expect.stringMatching(reason) })
    await expect(failure).rejects.toThrow(/^broken\.npy can't be read as npy, because [^\n]*\.$/)
  })

  it('writes and reads files', async () => {
    const path = join(await temporaryFolder(), 'a.npy')
    const array = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }
    await writeNpy(path, array)
    expect(await readNpy(path)).toEqual(array)
    await expect(readNpy(`${path}.none`)).rejects.toMatchObject({ kind: 'not-found' })
    expect(() => encodeNpy({ shape: [3], data: Float32Array.of(1) })).toThrow(RangeError)
  })
})
