import { basename } from 'node:path'
import { decodeNpy } from './npy'
import type { StoredTensor } from './storedTensor'
import type { ZipArchive } from './zip'

const arraySuffix = '.npy'

/** True where the archive is one that `numpy.savez` makes. */
export function isNpz(archive: ZipArchive): boolean {
  return archive.entries.size > 0 && [...archive.entries.keys()].every((name) => name.endsWith(arraySuffix))
}

/**
 * NumPy's archive of named arrays (`numpy.savez`, packed or not), widened to float32.
 *
 * @throws ZipDamage where the archive is broken
 * @throws VitrineError `unreadable` that names the array
 */
export async function readNpz(archive: ZipArchive, path: string): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>()
  for (const entry of archive.entries.values()) {
    const name = entry.name.slice(0, -arraySuffix.length)
    const { shape, data } = decodeNpy(new Uint8Array(await archive.read(entry)), `${basename(path)}: "${name}"`)
    tensors.set(name, { dtype: 'F32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) })
  }
  return tensors
}
