import { basename } from 'node:path'
import { elementCount } from '@shared/elementCount'
import { VitrineError } from '@shared/errors'
import { PickleDamage, PickleFunction, PickleObject, readPickle, type PickleValue } from './pickleProgram'
import { elementTypes, type ElementType, type StoredTensor } from './storedTensor'
import type { ZipArchive, ZipEntry } from './zip'

/**
 * PyTorch's file (`torch.save` since version 1.6): a zip archive with one folder, in it `data.pkl`,
 * a pickle of the saved value, and `data/0`, `data/1` …, the memory of its tensors.
 */

const pickleName = 'data.pkl'
const maxPickleBytes = 64 * 2 ** 20
/** Containers that training scripts put around the state dict, the averaged weights first. */
const wrappers = [
  'state_dict_ema',
  'model_ema',
  'model',
  'state_dict',
  'model_state_dict',
  'module',
  'teacher',
  'student',
  'net',
]

const storageTypes: ReadonlyMap<string, string> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
])

/** The memory of one or more tensors. */
class Storage extends PickleObject {
  constructor(
    readonly dtype: string,
    readonly type: ElementType,
    readonly entry: ZipEntry,
    readonly count: number,
  ) {
    super('a storage')
  }
}

class TorchTensor extends PickleObject {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
  ) {
    super('a tensor')
  }
}

/** True where the archive is one that `torch.save` makes. */
export function isTorchFile(archive: ZipArchive): boolean {
  return pickleEntry(archive) !== undefined
}

function pickleEntry(archive: ZipArchive): ZipEntry | undefined {
  return [...archive.entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
}

/**
 * The tensors of the state dict, widened to float32. No code of the file is run: its pickle may only
 * build dictionaries, lists, numbers, texts and tensors.
 *
 * @throws ZipDamage where the archive is broken
 * @throws VitrineError `unreadable` that names what was refused
 */
export async function readTorchFile(archive: ZipArchive, path: string): Promise<Map<string, StoredTensor>> {
  try {
    const entry = pickleEntry(archive)
    if (entry === undefined) throw new PickleDamage(`it holds no ${pickleName}`)
    if (entry.sizeBytes > maxPickleBytes) throw new PickleDamage(`its ${pickleName} is too long`)
    const folder = entry.name.slice(0, -pickleName.length)
    await checkByteOrder(archive, folder)
    const saved = readPickle(new Uint8Array(await archive.read(entry)), rulesFor(archive, folder))
    return await materialise(archive, findStateDict(saved))
  } catch (error) {
    if (!(error instanceof PickleDamage)) throw error
    throw new VitrineError(
      'unreadable',
      `${basename(path)} can't be read as a PyTorch file, because ${error.message}: save model.state_dict() alone, or use a safetensors file.`,
      { cause: error },
    )
  }
}

async function checkByteOrder(archive: ZipArchive, folder: string): Promise<void> {
  const entry = archive.entries.get(`${folder}byteorder`)
  if (entry === undefined || entry.sizeBytes > 16) return
  const order = Buffer.from(await archive.read(entry)).toString('latin1')
  if (order !== 'little') throw new PickleDamage('its numbers are in the big-endian order')
}

function rulesFor(archive: ZipArchive, folder: string) {
  return {
    global: (name: string): PickleFunction | undefined => {
      if (name === 'collections.OrderedDict') return new PickleFunction(name, (args) => orderedDict(args))
      if (name === 'torch._utils._rebuild_tensor_v2') return new PickleFunction(name, rebuildTensor)
      if (name === 'torch._utils._rebuild_parameter') return new PickleFunction(name, ([tensor = null]) => tensor)
      return storageTypes.has(name) ? new PickleFunction(name, () => refuseCall(name)) : undefined
    },
    persistent: (id: PickleValue): PickleValue => storageOf(id, archive, folder),
  }
}

function orderedDict(args: readonly PickleValue[]): PickleValue {
  if (args.length > 0) throw new PickleDamage('it fills an OrderedDict in a way that is not known')
  return new Map()
}

function refuseCall(name: string): never {
  throw new PickleDamage(`it calls ${name}, which only names a type`)
}

/** `('storage', type, key, device, number of values)` */
function storageOf(id: PickleValue, archive: ZipArchive, folder: string): Storage {
  const [tag, kind, key, , count] = Array.isArray(id) ? id : []
  const dtype = kind instanceof PickleFunction ? storageTypes.get(kind.kind) : undefined
  const type = dtype === undefined ? undefined : elementTypes.get(dtype)
  if (tag !== 'storage' || dtype === undefined || type === undefined || typeof key !== 'string' || !isCount(count)) {
    throw new PickleDamage('it refers to a storage in a way that is not known')
  }
  const entry = archive.entries.get(`${folder}data/${key}`)
  if (entry === undefined) throw new PickleDamage(`the storage "${key}" is missing`)
  if (entry.sizeBytes !== count * type.bytesPerValue) {
    throw new PickleDamage(`the storage "${key}" has not the size that it should have`)
  }
  return new Storage(dtype, type, entry, count)
}

/** `(storage, offset, shape, strides, …)`: the rest says whether it has a gradient. */
function rebuildTensor(args: readonly PickleValue[]): TorchTensor {
  const [storage, offset, shape, strides] = args
  if (!(storage instanceof Storage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new PickleDamage('it builds a tensor in a way that is not known')
  }
  if (shape.length !== strides.length) throw new PickleDamage('a tensor has not as many strides as dimensions')
  const count = elementCount(shape)
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset)
  // With strides of zero a small storage could pretend to be a tensor of any size.
  if (count > storage.count || (count > 0 && last >= storage.count)) {
    throw new PickleDamage('a tensor reaches outside its storage')
  }
  return new TorchTensor(storage, offset, shape, strides)
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount)
}

/** The dictionary of tensors in what was saved: itself, or under one of the usual names. */
function findStateDict(saved: PickleValue): Map<string, TorchTensor> {
  const tried: PickleValue[] = [saved]
  for (const value of tried) {
    if (!(value instanceof Map)) continue
    const tensors = new Map<string, TorchTensor>()
    for (const [name, tensor] of value) {
      if (typeof name === 'string' && tensor instanceof TorchTensor) tensors.set(name, tensor)
    }
    if (tensors.size > 0) return tensors
    // One level down at most, and one more for {'model': {'state_dict': …}}.
    if (tried.length < 2 * wrappers.length) tried.push(...wrappers.map((name) => value.get(name) ?? null))
  }
  throw new PickleDamage('no dictionary of tensors is in it')
}

async function materialise(
  archive: ZipArchive,
  stateDict: ReadonlyMap<string, TorchTensor>,
): Promise<Map<string, StoredTensor>> {
  const byEntry = new Map<string, [string, TorchTensor][]>()
  for (const [name, tensor] of stateDict) {
    const key = tensor.storage.entry.name
    byEntry.set(key, [...(byEntry.get(key) ?? []), [name, tensor]])
  }
  const read = new Map<string, StoredTensor>()
  for (const sharing of byEntry.values()) {
    const storage = sharing[0]?.[1].storage
    if (storage === undefined) continue
    // Tied weights and views share memory; more than that is not a model.
    const wanted = sharing.reduce((sum, [, { shape }]) => sum + elementCount(shape), 0)
    if (wanted > 4 * storage.count) throw new PickleDamage('too many tensors share one storage')
    const values = storage.type.widen(await archive.read(storage.entry))
    for (const [name, tensor] of sharing) {
      read.set(name, { dtype: storage.dtype, shape: tensor.shape, data: viewOf(values, tensor) })
    }
  }
  // In the order of the state dict.
  return new Map(
    [...stateDict.keys()].flatMap((name) => {
      const tensor = read.get(name)
      return tensor === undefined ? [] : [[name, tensor] as const]
    }),
  )
}

/** The tensor's values, row-major; all of the storage is handed over without a copy. */
function viewOf(values: Float32Array, { offset, shape, strides }: TorchTensor): Float32Array {
  const count = elementCount(shape)
  if (isRowMajor(shape, strides)) {
    return offset === 0 && count === values.length ? values : values.slice(offset, offset + count)
  }
  const ordered = new Float32Array(count)
  const position = shape.map(() => 0)
  let source = offset
  for (let target = 0; target < count; target++) {
    ordered[target] = values[source] ?? 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0
      const next = (position[axis] ?? 0) + 1
      source += stride
      position[axis] = next
      if (next < (shape[axis] ?? 1)) break
      position[axis] = 0
      source -= next * stride
    }
  }
  return ordered
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1
    if (size !== 1 && strides[axis] !== expected) return false
    expected *= size
  }
  return true
}
