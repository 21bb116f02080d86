import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSafetensors, writeSafetensors } from '@engine/formats/safetensors'
import { temporaryFolder } from './temporaryFolder'

/** A file from its parts, with whatever header. */
function fileOf(header: string | object, data: Uint8Array = new Uint8Array(), headerBytes?: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(headerBytes ?? text.length))
  return Buffer.concat([length, text, data])
}

const tensorArbitrary = fc
  .array(fc.nat(4), { maxLength: 3 })
  .chain((shape) => {
    const count = shape.reduce((product, size) => product * size, 1)
    return fc.tuple(fc.constant(shape), fc.float32Array({ minLength: count, maxLength: count }))
  })
  .map(([shape, data]) => ({ shape, data }))

describe('safetensors', () => {
  it('gives back what was written', async () => {
    const path = join(await temporaryFolder(), 'm.safetensors')
    const names = fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, tensorArbitrary), { maxLength: 4 }),
        fc.dictionary(
          names.filter((name) => name !== '__proto__'),
          fc.string(),
          { noNullPrototype: true },
        ),
        async (entries, metadata) => {
          const tensors = new Map(entries)
          await writeSafetensors(path, tensors, metadata)
          const read = await readSafetensors(path)
          expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort())
          for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual({ ...tensor, dtype: 'F32' })
          expect(read.metadata).toEqual(metadata)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('lays the file out as the format says', async () => {
    const path = join(await temporaryFolder(), 'm.safetensors')
    await writeSafetensors(path, new Map([['w', { shape: [2], data: Float32Array.of(1, -2) }]]), { epoch: '3' })
    const bytes = await readFile(path)
    const headerBytes = Number(bytes.readBigUInt64LE())
    expect(headerBytes % 8).toBe(0)
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes))).toEqual({
      __metadata__: { epoch: '3' },
      w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    })
    expect(bytes.readFloatLE(8 + headerBytes)).toBe(1)
    expect(bytes.readFloatLE(12 + headerBytes)).toBe(-2)
    expect(bytes.length).toBe(16 + headerBytes)
  })

  it('widens other types to float32', async () => {
    const path = join(await temporaryFolder(), 'm.safetensors')
    const half = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000)
    const brain = Uint16Array.of(0x3f80, 0xc000, 0xff80)
    const double = Float64Array.of(0.1, -3)
    const long = BigInt64Array.of(7n, -9n)
    const parts = [double, long, half, brain].map((values) => new Uint8Array(values.buffer))
    const header = {
      double: { dtype: 'F64', shape: [2], data_offsets: [0, 16] },
      long: { dtype: 'I64', shape: [2], data_offsets: [16, 32] },
      half: { dtype: 'F16', shape: [2, 3], data_offsets: [32, 44] },
      brain: { dtype: 'BF16', shape: [3], data_offsets: [44, 50] },
    }
    await writeFile(path, fileOf(header, Buffer.concat(parts)))
    const { tensors } = await readSafetensors(path)
    expect(tensors.get('half')).toEqual({
      dtype: 'F16',
      shape: [2, 3],
      data: Float32Array.of(1, -2, 2 ** -24, 65504, Infinity, -0),
    })
    expect(tensors.get('brain')?.data).toEqual(Float32Array.of(1, -2, -Infinity))
    expect(tensors.get('double')?.data).toEqual(Float32Array.of(0.1, -3))
    expect(tensors.get('long')?.data).toEqual(Float32Array.of(7, -9))
  })

  const floats = (begin: number, end: number) => ({
    dtype: 'F32',
    shape: [(end - begin) / 4],
    data_offsets: [begin, end],
  })
  const hostile: [string, Buffer, RegExp][] = [
    ['an empty file', Buffer.alloc(0), /too short/],
    ['a header longer than the file', fileOf('{}', new Uint8Array(), 2 ** 52), /longer than the file/],
    ['text', Buffer.from('this is no model, this is a letter'), /longer than the file/],
    ['a header that is not JSON', fileOf('{"a":'), /not JSON/],
    ['a header that is a list', fileOf('[]'), /lists no tensors/],
    ['a malformed entry', fileOf({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }), /malformed/],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }), /metadata/],
    ['an offset behind the end', fileOf({ a: floats(0, 8) }, new Uint8Array(4)), /outside the file/],
    [
      'offsets in reverse',
      fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, new Uint8Array(4)),
      /outside/,
    ],
    ['a size unlike the shape', fileOf({ a: { ...floats(0, 8), shape: [3] } }, new Uint8Array(8)), /size of its shape/],
    ['overlapping tensors', fileOf({ a: floats(0, 8), b: floats(4, 12) }, new Uint8Array(12)), /overlaps/],
    ['a gap', fileOf({ a: floats(0, 4), b: floats(8, 12) }, new Uint8Array(12)), /gap/],
    ['bytes at the end', fileOf({ a: floats(0, 4) }, new Uint8Array(9)), /after the last/],
    ['an unknown type', fileOf({ a: { dtype: 'X9', shape: [1], data_offsets: [0, 1] } }, new Uint8Array(1)), /type X9/],
  ]
  it.each(hostile)('refuses %s in one sentence with the file name', async (_, bytes, reason) => {
    const path = join(await temporaryFolder(), 'broken.safetensors')
    await writeFile(path, bytes)
    const failure = readSafetensors(path)
    await expect(failure).rejects.toMatchObject({ kind: 'unreadable', message: expect.stringMatching(reason) })
    await expect(failure).rejects.toThrow(/^broken\.safetensors can't be read as safetensors, because [^\n]*\.$/)
  })

  it('never fails in another way, whatever the bytes', async () => {
    const path = join(await temporaryFolder(), 'any.safetensors')
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.uint8Array({ maxLength: 24 }), async (header, data) => {
        await writeFile(path, fileOf(header, data))
        const kind = await readSafetensors(path).then(
          () => 'read',
          (error: unknown) => (error instanceof Error && 'kind' in error ? error.kind : error),
        )
        expect(['read', 'unreadable']).toContain(kind)
      }),
      { numRuns: 30 },
    )
  })

  it('tells a missing file and a folder apart', async () => {
    const folder = await temporaryFolder()
    await expect(readSafetensors(join(folder, 'none'))).rejects.toMatchObject({ kind: 'not-found' })
    await expect(readSafetensors(folder)).rejects.toMatchObject({ kind: 'unreadable' })
  })

  it('refuses to write values that do not fill their shape', () => {
    const wrong = new Map([['w', { shape: [3], data: Float32Array.of(1) }]])
    expect(() => writeSafetensors('unused', wrong, {})).toThrow(RangeError)
  })
})
