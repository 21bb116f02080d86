import { describe, expect, it } from 'vitest'
import { decodeNpy } from '../../../src/renderer/ipc/npy'

function npyFile(header: string, data: Uint8Array, version = 1): ArrayBuffer {
  const text = new TextEncoder().encode(header)
  const lengthBytes = version === 1 ? 2 : 4
  const bytes = new Uint8Array(8 + lengthBytes + text.length + data.length)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0])
  const view = new DataView(bytes.buffer)
  if (version === 1) view.setUint16(8, text.length, true)
  else view.setUint32(8, text.length, true)
  bytes.set(text, 8 + lengthBytes)
  bytes.set(data, 8 + lengthBytes + text.length)
  return bytes.buffer
}

const floats = new Uint8Array(Float32Array.of(0.5, -1, 3, 1e-6, 7, 8).buffer)
const header = (descr: string, order: string, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`

describe('decodeNpy', () => {
  it('reads float32 in C order, whatever the alignment of the header', () => {
    for (const padding of ['', ' ', '  ', '   ']) {
      const array = decodeNpy(npyFile(padding + header('<f4', 'False', '(2, 3)'), floats))
      expect(array.shape).toEqual([2, 3])
      expect([...array.values]).toEqual([0.5, -1, 3, Math.fround(1e-6), 7, 8])
    }
  })

  it('reads uint8 and one-dimensional shapes', () => {
    const array = decodeNpy(npyFile(header('|u1', 'False', '(3,)'), Uint8Array.of(1, 2, 255)))
    expect(array.shape).toEqual([3])
    expect(array.values).toEqual(Uint8Array.of(1, 2, 255))
  })

  it('reads int32', () => {
    const counts = Int32Array.of(-1, 2 ** 24 + 1)
    const array = decodeNpy(npyFile(header('<i4', 'False', '(2,)'), new Uint8Array(counts.buffer)))
    expect(array.values).toEqual(counts)
  })

  it('reads the long header of version 2', () => {
    expect(decodeNpy(npyFile(header('<f4', 'False', '(6,)'), floats, 2)).shape).toEqual([6])
  })

  it('reads a single number without a shape', () => {
    expect(decodeNpy(npyFile(header('<f4', 'False', '()'), floats)).values).toHaveLength(1)
  })

  it.each([
    ['something else', new TextEncoder().encode('not an array at all').buffer, 'no .npy file'],
    ['Fortran order', npyFile(header('<f4', 'True', '(6,)'), floats), 'Fortran order'],
    ['doubles', npyFile(header('<f8', 'False', '(3,)'), floats), '<f8'],
    ['a torn file', npyFile(header('<f4', 'False', '(7,)'), floats), 'shorter than its shape'],
    ['a torn header', npyFile(header('<f4', 'False', '(6,)'), floats).slice(0, 20), 'header'],
  ])('refuses %s', (_name, file, why) => {
    expect(() => decodeNpy(file)).toThrow(why)
  })
})
