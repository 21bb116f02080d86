import { elementCount } from '@shared/elementCount'
import { attr, dtypes, nativeBackend, tf } from '../backend/tensorflow'
import type { Binding, DType, NativeValues, OpAttribute, Tensor, TensorHandle } from '../backend/tensorflow'
import { addCompactConstant } from './constants'
import type { Edge, Graph } from './graph'
import { inferShapes, type KnownTensor, type OutputShape } from './shapes'

interface TracedTensor extends KnownTensor {
  edge: Edge
}

/** Traced tensors get numbers that the native addon never reaches. */
const firstTracedId = 1_000_000_000
/** Constants up to this size keep their values, for ops whose shape depends on them. */
const rememberedValues = 64

function isDType(value: number): value is DType {
  return Object.values(dtypes).some((dtype) => dtype === value)
}

/**
 * Stands in for the native addon while a step is traced: every op becomes a graph node instead of
 * being run. Shapes come from `shapes.ts`; an op that has no rule there is run once on zeros.
 */
export class Tracer implements Binding {
  private readonly tensors = new Map<number, TracedTensor>()
  private nextId = firstTracedId
  readonly TF_Version: string

  constructor(
    readonly graph: Graph,
    private readonly native: Binding,
  ) {
    this.TF_Version = native.TF_Version
  }

  /** A tensor whose value is fed at each run. */
  placeholder(name: string, dtype: DType, shape: readonly number[]): Tensor {
    const attributes = [attr.type('dtype', dtype), attr.shape('shape', shape)]
    return this.tensorOf(this.graph.add('Placeholder', [], attributes, { name }), { shape: [...shape], dtype })
  }

  /** The value of a node that is in the graph already. */
  tensorOf(edge: Edge, { shape, dtype }: OutputShape): Tensor {
    return nativeBackend().createOutputTensor(this.register(edge, shape, dtype))
  }

  /** Where a traced tensor comes from. */
  edgeOf(tensor: Tensor): Edge {
    const [id] = nativeBackend().getInputTensorIds([tensor])
    return this.traced(id ?? -1).edge
  }

  createTensor(shape: number[], dtype: number, values: NativeValues): number {
    if (!isDType(dtype)) throw new Error(`constants of type ${dtype} can't be traced`)
    const edge = addCompactConstant(this.graph, dtype, shape, values)
    return this.register(edge, shape, dtype, values.length <= rememberedValues ? Array.from(values) : undefined).id
  }

  deleteTensor(id: number) {
    // A traced tensor has no memory of its own; a real one must not be freed by a trace.
    if (id < firstTracedId) throw new Error('a tensor made before tracing was disposed while tracing')
  }

  tensorDataSync(): never {
    throw new Error('a value was read while tracing: a traced step may not depend on the values of tensors')
  }

  executeOp(op: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorHandle[] {
    const traced = inputs.map((id) => this.traced(id))
    const shapes = this.outputShapes(op, attributes, traced, outputs)
    const edge = this.graph.add(
      op,
      traced.map((tensor) => tensor.edge),
      attributes,
    )
    return shapes.map(({ shape, dtype }, index) => this.register({ node: edge.node, index }, shape, dtype))
  }

  loadSavedModel(): never {
    throw new Error('a saved model can’t be loaded while tracing')
  }

  deleteSavedModel(): never {
    throw new Error('a saved model can’t be deleted while tracing')
  }

  runSavedModel(): never {
    throw new Error('a saved model can’t be run while tracing')
  }

  isUsingGpuDevice(): boolean {
    return this.native.isUsingGpuDevice()
  }

  private register(edge: Edge, shape: readonly number[], dtype: number, values?: readonly number[]): TensorHandle {
    const id = this.nextId++
    this.tensors.set(id, { edge, shape: [...shape], dtype, values })
    return { id, shape: [...shape], dtype }
  }

  private traced(id: number): TracedTensor {
    const tensor = this.tensors.get(id)
    if (tensor === undefined) throw new Error('a tensor made before tracing was used: pass it in as an input')
    return tensor
  }

  private outputShapes(op: string, attributes: OpAttribute[], inputs: TracedTensor[], outputs: number): OutputShape[] {
    const inferred = inferShapes(op, inputs, attributes)
    if (inferred !== null) return inferred
    const ids = inputs.map((input) => this.native.createTensor([...input.shape], input.dtype, sampleValues(input)))
    const results = this.native.executeOp(op, attributes, ids, outputs)
    for (const id of [...ids, ...results.map((result) => result.id)]) this.native.deleteTensor(id)
    return results
  }
}

function sampleValues({ shape, dtype, values }: KnownTensor): NativeValues {
  const count = elementCount(shape)
  if (dtype === dtypes.float32) return values === undefined ? new Float32Array(count) : Float32Array.from(values)
  if (dtype === dtypes.int32) return values === undefined ? new Int32Array(count) : Int32Array.from(values)
  if (dtype === dtypes.uint8 || dtype === dtypes.bool) return new Uint8Array(count)
  throw new Error(`an op takes type ${dtype} and has no shape rule: add one to shapes.ts`)
}

/** The addon's numbers (`TF_FLOAT` …), which tfjs's kernels read from whatever stands in for it. */
function numbersOf(binding: Binding): Record<string, unknown> {
  const names = Object.getOwnPropertyNames(binding).filter((name) => name.startsWith('TF_') && name !== 'TF_Version')
  return Object.fromEntries(names.map((name) => [name, Reflect.get(binding, name)]))
}

/**
 * Runs `build` with TensorFlow's ops going into `graph` instead of being computed. Tensors made in it
 * are gone afterwards: hand out edges.
 */
export function trace<T>(graph: Graph, build: (tracer: Tracer) => T): T {
  const backend = nativeBackend()
  const native = backend.binding
  const tracer = Object.assign(new Tracer(graph, native), numbersOf(native))
  backend.binding = tracer
  try {
    tf.engine().startScope('trace')
    try {
      return build(tracer)
    } finally {
      tf.engine().endScope()
    }
  } finally {
    backend.binding = native
  }
}
