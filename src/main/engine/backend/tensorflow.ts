import './nodeCompatibility'
import * as tf from '@tensorflow/tfjs-node-gpu'

export { tf }
export type { Tensor } from '@tensorflow/tfjs-node-gpu'

/** TensorFlow's numbers for data types (`types.proto`). */
export const dtypes = {
  float32: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  resource: 20,
} as const
export type DType = (typeof dtypes)[keyof typeof dtypes]

/** An op's attribute as the native addon takes it; `type` is TensorFlow's `TF_AttrType`. */
export interface OpAttribute {
  name: string
  type: number
  value: boolean | number | string | number[]
}

const attributeTypes = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const
type AttributeType = keyof typeof attributeTypes

function attribute(kind: AttributeType, name: string, value: OpAttribute['value']): OpAttribute {
  return { name, type: attributeTypes[kind], value }
}

export const attr = {
  type: (name: string, value: DType) => attribute('type', name, value),
  bool: (name: string, value: boolean) => attribute('bool', name, value),
  int: (name: string, value: number | number[]) => attribute('int', name, value),
  float: (name: string, value: number) => attribute('float', name, value),
  shape: (name: string, value: readonly number[]) => attribute('shape', name, [...value]),
  string: (name: string, value: string) => attribute('string', name, value),
}

export function attributeKind(attribute: OpAttribute): AttributeType {
  for (const kind of ['string', 'int', 'float', 'bool', 'type', 'shape'] as const) {
    if (attributeTypes[kind] === attribute.type) return kind
  }
  throw new RangeError(`unknown attribute type ${attribute.type}`)
}

/** What an op answers for each output. */
export interface TensorHandle {
  id: number
  shape: number[]
  dtype: number
}

export type NativeValues = Float32Array | Int32Array | Uint8Array

/** The native addon; every tfjs-node kernel goes through one such object. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: NativeValues): number
  deleteTensor(id: number): void
  tensorDataSync(id: number): NativeValues
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorHandle[]
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(id: number): void
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): TensorHandle[]
  isUsingGpuDevice(): boolean
  TF_Version: string
}

interface NativeBackend {
  binding: Binding
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[]
  createOutputTensor(handle: TensorHandle): tf.Tensor
}

function isNativeBackend(candidate: object): candidate is NativeBackend {
  return 'binding' in candidate && 'getInputTensorIds' in candidate && 'createOutputTensor' in candidate
}

export function nativeBackend(): NativeBackend {
  const backend: object = tf.backend()
  if (!isNativeBackend(backend)) throw new Error('TensorFlow’s native backend is not active')
  return backend
}

/** Version of the TensorFlow library behind the addon, e.g. `2.21.0`. */
export function libraryVersion(): string {
  return nativeBackend().binding.TF_Version
}

export function deviceKind(): 'GPU' | 'CPU' {
  return nativeBackend().binding.isUsingGpuDevice() ? 'GPU' : 'CPU'
}

/** A uint8 tensor, a type that tfjs has no name for. The caller owns it. */
export function byteTensor(bytes: Uint8Array, shape: number[]): tf.Tensor {
  const backend = nativeBackend()
  const id = backend.binding.createTensor(shape, dtypes.uint8, bytes)
  return backend.createOutputTensor({ id, shape, dtype: dtypes.uint8 })
}

/**
 * Runs one TensorFlow op by its own name. Outside tfjs's kernels, so it records no gradient: use it
 * inside `tf.customGrad`. The caller owns the results.
 */
export function rawOps(
  name: string,
  inputs: readonly tf.TensorInfo[],
  attributes: OpAttribute[],
  outputs: 2,
): [tf.Tensor, tf.Tensor]
export function rawOps(
  name: string,
  inputs: readonly tf.TensorInfo[],
  attributes: OpAttribute[],
  outputs: 3,
): [tf.Tensor, tf.Tensor, tf.Tensor]
export function rawOps(
  name: string,
  inputs: readonly tf.TensorInfo[],
  attributes: OpAttribute[],
  outputs: number,
): tf.Tensor[]
export function rawOps(
  name: string,
  inputs: readonly tf.TensorInfo[],
  attributes: OpAttribute[],
  outputs: number,
): tf.Tensor[] {
  const backend = nativeBackend()
  const ids = backend.getInputTensorIds(inputs)
  const handles = backend.binding.executeOp(name, attributes, ids, outputs)
  if (handles.length !== outputs) throw new Error(`${name} gave ${handles.length} results instead of ${outputs}`)
  return handles.map((handle) => backend.createOutputTensor(handle))
}

/** `rawOps` for the many ops with one output. */
export function rawOp(name: string, inputs: readonly tf.TensorInfo[], attributes: OpAttribute[]): tf.Tensor {
  const [result] = rawOps(name, inputs, attributes, 1)
  if (result === undefined) throw new Error(`${name} gave no result`)
  return result
}

/**
 * Like `rawOp` over several ops in a row whose intermediate types tfjs doesn't know (uint16, bfloat16 …).
 * `build` gets the ids of the inputs and a function that runs an op; the intermediates are freed.
 */
export function rawChain(
  inputs: readonly tf.TensorInfo[],
  build: (ids: number[], run: (name: string, attributes: OpAttribute[], ids: number[]) => TensorHandle) => TensorHandle,
): tf.Tensor {
  const backend = nativeBackend()
  const made: number[] = []
  const result = build(backend.getInputTensorIds(inputs), (name, attributes, ids) => {
    const [handle] = backend.binding.executeOp(name, attributes, ids, 1)
    if (handle === undefined) throw new Error(`${name} gave no result`)
    made.push(handle.id)
    return handle
  })
  for (const id of made) if (id !== result.id) backend.binding.deleteTensor(id)
  return backend.createOutputTensor(result)
}
