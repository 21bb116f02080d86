import { attr, dtypes, type DType, type Tensor } from '../backend/tensorflow'
import { addConstant, addShape, addScalar } from './constants'
import { Graph, type Edge } from './graph'
import { castMatrixProducts } from './precision'
import { prune } from './prune'
import { GraphSession, type InputSpec, type Signature } from './session'
import { trace, type Tracer } from './trace'

/** A float32 value that lives in TensorFlow between runs. */
export interface VariableSpec {
  name: string
  shape: readonly number[]
  /** Variables of one group are assigned, zeroed and read together. */
  group: string
}

interface Variable extends VariableSpec {
  handle: Edge
}

/** A boolean that decides at the run whether updates happen: TensorFlow's `Switch` hands it on one way or the other. */
interface Condition {
  ifFalse: Edge
  ifTrue: Edge
}

const floatType = [attr.type('dtype', dtypes.float32)]
const boolType = [attr.type('T', dtypes.bool)]

/** What a signature's body works with while it is traced. */
export class SignatureBuilder {
  private readonly reads = new Map<string, Tensor>()
  private readonly updates: string[] = []
  private condition: Condition | null = null

  constructor(
    readonly tracer: Tracer,
    private readonly variables: ReadonlyMap<string, Variable>,
  ) {}

  /** The variable's value at the start of the run; read once however often it is asked for. */
  read(name: string): Tensor {
    const tensor = this.reads.get(name) ?? this.readAfter(name, [])
    this.reads.set(name, tensor)
    return tensor
  }

  /** The variable's value once the nodes that `after` names have run. */
  readAfter(name: string, after: readonly string[]): Tensor {
    const { handle, shape } = this.variable(name)
    const edge = this.tracer.graph.add('ReadVariableOp', [handle], floatType, { after })
    return this.tracer.tensorOf(edge, { shape: [...shape], dtype: dtypes.float32 })
  }

  handle(name: string): Edge {
    return this.variable(name).handle
  }

  /**
   * Adds an op that changes variables. It runs before the signature's outputs are handed out, and
   * after the nodes that `after` names; with a condition, only where that holds.
   */
  update(
    op: string,
    inputs: readonly Edge[],
    attributes: Parameters<Graph['add']>[2],
    after: readonly string[],
  ): string {
    const { condition } = this
    const earlier = condition === null ? after : [condition.ifTrue.node, ...after]
    const { node } = this.tracer.graph.add(op, inputs, attributes, { after: earlier })
    this.updates.push(node)
    return node
  }

  /**
   * Updates added from here on happen only in runs where `condition`, a scalar bool, holds; they wait
   * for it. The outputs come either way.
   */
  updateOnlyIf(condition: Tensor) {
    const { graph } = this.tracer
    const edge = this.tracer.edgeOf(condition)
    const { node } = graph.add('Switch', [edge, edge], boolType)
    // Only an op's own output tells its followers by control edge that they are not to run.
    const ifTrue = graph.add('Identity', [{ node, index: 1 }], boolType)
    this.condition = { ifFalse: { node, index: 0 }, ifTrue }
  }

  /** Nodes after which every update has happened, or has been left out. */
  updatesDone(): readonly string[] {
    if (this.condition === null) return this.updates
    const { ifFalse, ifTrue } = this.condition
    const { graph } = this.tracer
    const updated = graph.add('Identity', [ifTrue], boolType, { after: this.updates })
    return [graph.add('Merge', [ifFalse, updated], [...boolType, attr.int('N', 2)]).node]
  }

  private variable(name: string): Variable {
    const variable = this.variables.get(name)
    if (variable === undefined) throw new Error(`the program has no variable ${name}`)
    return variable
  }
}

/** One entry point: its inputs, and a body that is traced once. The body's tensors are the outputs. */
export interface SignatureSpec {
  inputs: Record<string, InputSpec>
  build: (builder: SignatureBuilder, inputs: (name: string) => Tensor) => Record<string, Tensor>
}

export interface ProgramSpec {
  variables: readonly VariableSpec[]
  signatures: Record<string, SignatureSpec>
  precision: 'fp32' | 'bf16'
}

function addVariables(graph: Graph, specs: readonly VariableSpec[]): Map<string, Variable> {
  return new Map(
    specs.map((spec): [string, Variable] => {
      const attributes = [
        attr.type('dtype', dtypes.float32),
        attr.shape('shape', spec.shape),
        attr.string('shared_name', spec.name),
        attr.string('container', ''),
      ]
      return [spec.name, { ...spec, handle: graph.add('VarHandleOp', [], attributes, { name: 'variable' }) }]
    }),
  )
}

/**
 * A value in memory of its own. A variable takes over what it is assigned: without a copy it would
 * share memory with JavaScript's array, or with a constant of the graph.
 */
function ownCopy(graph: Graph, value: Edge): Edge {
  return graph.add('DeepCopy', [value], [attr.type('T', dtypes.float32)])
}

/** Signatures of one group: `assign:G` from fed values, `zero:G`, and `read:G`. */
function addGroupSignatures(graph: Graph, group: string, variables: readonly Variable[]): Record<string, Signature> {
  const assign: Signature = { inputs: {}, outputs: {} }
  const read: Signature = { inputs: {}, outputs: {} }
  const assigned = variables.map(({ name, shape, handle }) => {
    const fed = graph.add('Placeholder', [], [...floatType, attr.shape('shape', shape)], { name: 'assign_value' })
    assign.inputs[name] = { node: fed.node, dtype: dtypes.float32, shape: [...shape] }
    return graph.add('AssignVariableOp', [handle, ownCopy(graph, fed)], floatType).node
  })
  const zeroed = variables.map(({ shape, handle }) => {
    const attributes = [attr.type('T', dtypes.float32), attr.type('index_type', dtypes.int32)]
    const zeros = graph.add('Fill', [addShape(graph, shape), addScalar(graph, 0)], attributes)
    return graph.add('AssignVariableOp', [handle, ownCopy(graph, zeros)], floatType).node
  })
  for (const { name, handle } of variables) read.outputs[name] = graph.add('ReadVariableOp', [handle], floatType)
  const done = (after: string[]): Signature['outputs'] => {
    const constant = addConstant(graph, dtypes.int32, [], Int32Array.of(1))
    return { done: graph.add('Identity', [constant], [attr.type('T', dtypes.int32)], { after }) }
  }
  assign.outputs = done(assigned)
  return {
    [`assign:${group}`]: assign,
    [`zero:${group}`]: { inputs: {}, outputs: done(zeroed) },
    [`read:${group}`]: read,
  }
}

function addVariableSignatures(graph: Graph, variables: readonly Variable[]): Record<string, Signature> {
  const signatures: Record<string, Signature> = {}
  for (const group of new Set(variables.map((variable) => variable.group))) {
    const members = variables.filter((variable) => variable.group === group)
    Object.assign(signatures, addGroupSignatures(graph, group, members))
  }
  return signatures
}

function traceSignature(
  graph: Graph,
  variables: ReadonlyMap<string, Variable>,
  name: string,
  spec: SignatureSpec,
): Signature {
  return trace(graph, (tracer) => {
    const signature: Signature = { inputs: {}, outputs: {} }
    const placeholders = new Map<string, Tensor>()
    for (const [input, { dtype, shape }] of Object.entries(spec.inputs)) {
      const tensor = tracer.placeholder(`${name}_${input}`, dtype, shape)
      placeholders.set(input, tensor)
      signature.inputs[input] = { node: tracer.edgeOf(tensor).node, dtype, shape }
    }
    const builder = new SignatureBuilder(tracer, variables)
    const outputs = spec.build(builder, (input) => {
      const tensor = placeholders.get(input)
      if (tensor === undefined) throw new Error(`the signature ${name} has no input ${input}`)
      return tensor
    })
    const after = builder.updatesDone()
    for (const [output, tensor] of Object.entries(outputs)) {
      const dtype: DType = tensor.dtype === 'int32' ? dtypes.int32 : dtypes.float32
      signature.outputs[output] = graph.add('Identity', [tracer.edgeOf(tensor)], [attr.type('T', dtype)], { after })
      tensor.dispose()
    }
    return signature
  })
}

/** Traces every signature into one graph and loads it; all of them see the same variables. */
export async function compileProgram(spec: ProgramSpec): Promise<GraphSession> {
  const graph = new Graph()
  const variables = addVariables(graph, spec.variables)
  const signatures = addVariableSignatures(graph, [...variables.values()])
  for (const [name, signature] of Object.entries(spec.signatures)) {
    signatures[name] = traceSignature(graph, variables, name, signature)
  }
  const wanted = Object.values(signatures).flatMap(({ inputs, outputs }) => [
    ...Object.values(inputs).map(({ node }) => node),
    ...Object.values(outputs).map(({ node }) => node),
  ])
  const pruned = prune(graph, wanted)
  return GraphSession.load(spec.precision === 'bf16' ? castMatrixProducts(pruned) : pruned, signatures)
}
