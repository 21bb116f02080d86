import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeNpy } from '@engine/formats/npy'
import { writeSafetensors } from '@engine/formats/safetensors'
import { readTensorFile } from '@engine/formats/tensorFile'
import { goldenPath } from '../../golden/fixture'
import { textWith } from '../../support/matching'
import { temporaryFolder } from './temporaryFolder'
import { zipArchive, type ArchiveEntry } from './zipArchive'

const values = encodeNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) })

async function reading(bytes: Uint8Array, name = 'model.npz') {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, bytes)
  return readTensorFile(path)
}

describe('an npz archive', () => {
  it('is read packed and unpacked, with slashes in the names', async () => {
    const entries: ArchiveEntry[] = [
      { name: 'a/b.npy', contents: values },
      { name: 'packed.npy', contents: values, deflate: true },
    ]
    const { tensors } = await reading(zipArchive(entries))
    const expected = { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }
    expect(Object.fromEntries(tensors)).toEqual({ 'a/b': expected, packed: expected })
  })

  it('holds half precision of both kinds', async () => {
    const header = (descr: string) => `{'descr': '${descr}', 'fortran_order': False, 'shape': (2,), }\n`
    const file = (descr: string, stored: Uint16Array) => {
      const text = Buffer.from(header(descr), 'latin1')
      const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1')
      start.writeUInt16LE(text.length, 8)
      return Buffer.concat([start, text, new Uint8Array(stored.buffer)])
    }
    const { tensors } = await reading(
      zipArchive([
        { name: 'half.npy', contents: file('<f2', Uint16Array.of(0x3c00, 0xc000)) },
        { name: 'brain.npy', contents: file('|V2', Uint16Array.of(0x3f80, 0xc000)) },
      ]),
    )
    expect(tensors.get('half')?.data).toEqual(Float32Array.of(1, -2))
    expect(tensors.get('brain')?.data).toEqual(Float32Array.of(1, -2))
  })

  const one: ArchiveEntry = { name: 'a.npy', contents: values }
  const bomb = { name: 'a.npy', contents: new Uint8Array(2 ** 20), deflate: true }
  const hostile: [string, Buffer, RegExp][] = [
    ['cut off', zipArchive([one]).subarray(0, 150), /not copied to its end/],
    ['with one name twice', zipArchive([one, one]), /"a\.npy" twice/],
    ['that unpacks to a thousand times its size', zipArchive([bomb]), /more than 16 times its size/],
    ['that hides how much it unpacks to', zipArchive([{ ...bomb, declaredBytes: 100 }]), /can't be unpacked/],
    ['that claims more than it stores', zipArchive([{ ...one, declaredBytes: 300 }]), /size it declares/],
    ['of pictures', zipArchive([{ name: 'a.png', contents: values }]), /without a PyTorch state dict or NumPy arrays/],
    ['with nothing in it', zipArchive([]), /can't be read/],
    ['with an array that is none', zipArchive([{ name: 'a.npy', contents: Buffer.from('no array') }]), /"a"/],
  ]
  it.each(hostile)('%s is refused in one sentence', async (_, bytes, reason) => {
    const failure = reading(bytes)
    await expect(failure).rejects.toMatchObject({ kind: 'unreadable', message: expect.stringMatching(reason) })
    await expect(failure).rejects.toThrow(/^model\.npz[^\n]*\.$/)
  })
})

describe('a model in several files', () => {
  async function sharded(index: unknown) {
    const folder = await temporaryFolder()
    const shard = (name: string, tensor: string, value: number) =>
      writeSafetensors(join(folder, name), new Map([[tensor, { shape: [1], data: Float32Array.of(value) }]]), {})
    await shard('model-00001-of-00002.safetensors', 'a', 1)
    await shard('model-00002-of-00002.safetensors', 'b', 2)
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
    return folder
  }
  const weightMap = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' }

  it('is read whole from its index and from any of its files', async () => {
    const folder = await sharded({ metadata: {}, weight_map: weightMap })
    for (const name of ['model.safetensors.index.json', 'model-00002-of-00002.safetensors']) {
      const { tensors } = await readTensorFile(join(folder, name))
      expect([...tensors].map(([key, { data }]) => [key, data[0]])).toEqual([
        ['a', 1],
        ['b', 2],
      ])
    }
  })

  it.each([
    ['a file that is missing', { ...weightMap, c: 'model-00003-of-00003.safetensors' }, 'model-00003-of-00003'],
    ['a file elsewhere', { a: '../model-00001-of-00002.safetensors' }, 'not the name of a file beside it'],
    ['a tensor that its file lacks', { z: weightMap.a }, 'lacks the tensor "z"'],
    ['nothing', {}, 'lists 0 files'],
    ['text', 'all of it', 'has no "weight_map"'],
  ])('whose index lists %s is refused', async (_, map, sentence) => {
    const folder = await sharded({ weight_map: map })
    const failure = readTensorFile(join(folder, 'model.safetensors.index.json'))
    await expect(failure).rejects.toMatchObject({ message: textWith(sentence) })
  })
})

it('tells old PyTorch files and HDF5 files by their names', async () => {
  const old = Buffer.from('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.', 'latin1')
  await expect(reading(old, 'old.pth')).rejects.toMatchObject({ message: textWith('before version 1.6') })
  const hdf5 = Buffer.from('\x89HDF\r\n\x1a\nrest', 'latin1')
  await expect(reading(hdf5, 'model.h5')).rejects.toMatchObject({ message: textWith('HDF5') })
})

/** Real files with bytes changed, cut out and doubled: each reads or is refused in a sentence. */
describe.each([
  ['safetensors', 'layouts/hf-vit/model.safetensors'],
  ['npz', 'layouts/google/model.npz'],
  ['packed npz', 'layouts/google-big-vision/model.npz'],
  ['PyTorch', 'layouts/torchvision/model.pth'],
])('a damaged file: %s', (_, golden) => {
  it('never fails in another way', async () => {
    const path = join(await temporaryFolder(), 'damaged')
    const whole = await readFile(goldenPath(golden))
    // Most of a file is values, whose damage nothing shows: the ends, with headers and lists, are hit more often.
    const place = fc.oneof(
      fc.nat(whole.length - 1),
      fc.nat(2000),
      fc.nat(6000).map((n) => whole.length - 1 - n),
    )
    const change = fc.record({ at: place, byte: fc.nat(255) })
    const damage = fc.record({
      changes: fc.array(change, { minLength: 1, maxLength: 8 }),
      cut: fc.option(fc.record({ at: place, length: fc.nat(64) }), { freq: 2 }),
      end: fc.option(fc.nat(whole.length), { freq: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ changes, cut, end }) => {
        let bytes = Buffer.from(whole)
        for (const { at, byte } of changes) bytes[at] = byte
        if (cut !== null) bytes = Buffer.concat([bytes.subarray(0, cut.at), bytes.subarray(cut.at + cut.length)])
        await writeFile(path, bytes.subarray(0, end ?? bytes.length))
        const outcome = await readTensorFile(path).then(
          () => 'read',
          (error: unknown) => (error instanceof Error && 'kind' in error ? error.kind : error),
        )
        expect(['read', 'unreadable']).toContain(outcome)
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
