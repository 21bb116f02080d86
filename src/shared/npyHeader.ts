/** `\x93NUMPY` */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/**
 * The beginning of a `.npy` file of version 1 (numpy.lib.format), values in C order follow.
 * @param type NumPy's description of a value, as Python writes it
 */
export function npyHeader(type: string, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  // A tuple of one needs its comma in Python.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = new TextEncoder().encode(`{'descr': ${type}, 'fortran_order': False, 'shape': ${tuple}, }`)
  // The values start at a multiple of 64 bytes; the header ends with a line feed.
  const prefixBytes = magic.length + 4
  const header = new Uint8Array(Math.ceil((prefixBytes + text.length + 1) / 64) * 64).fill(0x20)
  header.set(magic)
  header.set([1, 0], magic.length)
  new DataView(header.buffer).setUint16(magic.length + 2, header.length - prefixBytes, true)
  header.set(text, prefixBytes)
  header[header.length - 1] = 0x0a
  return header
}
