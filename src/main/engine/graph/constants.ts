import { attr, dtypes, type DType, type NativeValues } from '../backend/tensorflow'
import type { Edge, Graph } from './graph'

function bytesOf(values: NativeValues): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** Adds a constant as it is. */
export function addConstant(
  graph: Graph,
  dtype: DType,
  shape: readonly number[],
  values: NativeValues,
  name = 'Const',
): Edge {
  const constant = { dtype, shape: [...shape], bytes: bytesOf(values).slice() }
  return graph.add('Const', [], [attr.type('dtype', dtype)], { name, constant })
}

export function addScalar(graph: Graph, value: number, dtype: DType = dtypes.float32): Edge {
  const values = dtype === dtypes.float32 ? Float32Array.of(value) : Int32Array.of(value)
  return addConstant(graph, dtype, [], values)
}

export function addShape(graph: Graph, shape: readonly number[]): Edge {
  return addConstant(graph, dtypes.int32, [shape.length], Int32Array.from(shape), 'Shape')
}

/** From this many elements on, a constant of one repeated value is written as a `Fill`. */
const fillThreshold = 16

/** Adds a constant; one that repeats a single value takes a few bytes instead of its whole size. */
export function addCompactConstant(graph: Graph, dtype: DType, shape: readonly number[], values: NativeValues): Edge {
  const first = values[0]
  if (values.length < fillThreshold || first === undefined || !values.every((value) => Object.is(value, first))) {
    return addConstant(graph, dtype, shape, values)
  }
  const single = addConstant(graph, dtype, [], values.slice(0, 1))
  const attributes = [attr.type('T', dtype), attr.type('index_type', dtypes.int32)]
  return graph.add('Fill', [addShape(graph, shape), single], attributes)
}
