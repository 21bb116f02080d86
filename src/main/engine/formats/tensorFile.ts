import { basename } from 'node:path'
import { VitrineError } from '@shared/errors'
import { isNpz, readNpz } from './npz'
import { readFully, withFile } from './openFile'
import { readSafetensors } from './safetensors'
import { indexOfShard, readShardedSafetensors } from './shardedSafetensors'
import type { StoredTensor } from './storedTensor'
import { isTorchFile, readTorchFile } from './torchFile'
import { openZip, ZipDamage } from './zip'

/** Named tensors of a file of any kind. */
interface TensorFile {
  tensors: Map<string, StoredTensor>
  /** The file's own notes; only safetensors has them. */
  metadata: Record<string, string>
}

type FileKind = 'safetensors' | 'shard' | 'index' | 'zip' | 'old-torch' | 'hdf5'

/** What a file begins with. PyTorch's files from before 1.6 begin with a pickled magic number. */
const beginnings: readonly [FileKind, Buffer][] = [
  ['zip', Buffer.from('PK\x03\x04', 'latin1')],
  ['old-torch', Buffer.from('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19', 'latin1')],
  ['hdf5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
]

/**
 * Reads all tensors of a safetensors file (also one spread over several files, named by its index or
 * by one of them), NumPy's `.npz`, or PyTorch's `.pt`/`.pth`/`.bin`. The contents tell which it is.
 *
 * @throws VitrineError `not-found` or `unreadable`, one sentence with the file's name
 */
export async function readTensorFile(path: string): Promise<TensorFile> {
  const kind = await fileKind(path)
  switch (kind) {
    case 'index':
      return readShardedSafetensors(path)
    case 'shard':
      return readShardedSafetensors(indexOfShard(path) ?? path)
    case 'zip':
      return { tensors: await readArchive(path), metadata: {} }
    case 'old-torch':
      throw unreadable(path, 'it is a PyTorch file from before version 1.6: open it in PyTorch and save it again')
    case 'hdf5':
      throw unreadable(path, 'it is an HDF5 file: choose a safetensors, npz or PyTorch file')
    case 'safetensors':
      return readSafetensors(path)
  }
}

async function fileKind(path: string): Promise<FileKind> {
  if (path.endsWith('.json')) return 'index'
  if (indexOfShard(path) !== undefined) return 'shard'
  return withFile(path, async (file, sizeBytes) => {
    const start = Buffer.alloc(Math.min(sizeBytes, 16))
    await readFully(file, start, 0)
    const found = beginnings.find(([, bytes]) => start.subarray(0, bytes.length).equals(bytes))
    return found?.[0] ?? 'safetensors'
  })
}

function readArchive(path: string): Promise<Map<string, StoredTensor>> {
  return withFile(path, async (file, sizeBytes) => {
    try {
      const archive = await openZip(file, sizeBytes)
      if (isTorchFile(archive)) return await readTorchFile(archive, path)
      if (isNpz(archive)) return await readNpz(archive, path)
    } catch (error) {
      if (!(error instanceof ZipDamage)) throw error
      throw unreadable(path, `${error.message}: copy it again`, error)
    }
    throw unreadable(path, 'it is an archive without a PyTorch state dict or NumPy arrays: choose a model’s file')
  })
}

function unreadable(path: string, what: string, cause?: unknown): VitrineError {
  return new VitrineError('unreadable', `${basename(path)} can't be read, because ${what}.`, { cause })
}
