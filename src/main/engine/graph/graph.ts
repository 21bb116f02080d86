import type { DType, OpAttribute } from '../backend/tensorflow'

/** A value in a graph: output `index` of a node. */
export interface Edge {
  node: string
  index: number
}

export interface ConstantValue {
  dtype: DType
  shape: readonly number[]
  /** Little-endian bytes, row-major. */
  bytes: Uint8Array
}

export interface GraphNode {
  name: string
  op: string
  inputs: Edge[]
  /** Nodes that must have run before, without giving a value. */
  after: string[]
  attributes: OpAttribute[]
  /** Only for `Const`. */
  constant?: ConstantValue
}

/** A TensorFlow graph in the making: nodes in an order in which each comes after its inputs. */
export class Graph {
  readonly nodes = new Map<string, GraphNode>()
  private readonly counts = new Map<string, number>()

  /** A name that no node has yet, made from the op's. */
  uniqueName(stem: string): string {
    const count = this.counts.get(stem) ?? 0
    this.counts.set(stem, count + 1)
    const name = count === 0 ? stem : `${stem}_${count}`
    return this.nodes.has(name) ? this.uniqueName(stem) : name
  }

  add(
    op: string,
    inputs: readonly Edge[],
    attributes: OpAttribute[],
    options: { name?: string; after?: readonly string[]; constant?: ConstantValue } = {},
  ): Edge {
    const name = this.uniqueName(options.name ?? op)
    const node: GraphNode = { name, op, inputs: [...inputs], after: [...(options.after ?? [])], attributes }
    if (options.constant !== undefined) node.constant = options.constant
    this.nodes.set(name, node)
    return { node: name, index: 0 }
  }

  node(name: string): GraphNode {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`the graph has no node ${name}`)
    return node
  }
}
