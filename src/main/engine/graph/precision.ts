import { attr, dtypes, type DType, type OpAttribute } from '../backend/tensorflow'
import { Graph, type Edge, type GraphNode } from './graph'

const matrixProducts = new Set(['MatMul', 'BatchMatMulV2'])

function castAttributes(from: DType, to: DType): OpAttribute[] {
  return [attr.type('SrcT', from), attr.type('DstT', to), attr.bool('Truncate', false)]
}

function isFloatProduct(node: GraphNode): boolean {
  return (
    matrixProducts.has(node.op) &&
    node.attributes.some((attribute) => attribute.name === 'T' && attribute.value === dtypes.float32)
  )
}

/**
 * Mixed precision: every matrix product takes bfloat16 inputs and gives bfloat16, which is cast back
 * at once; everything else, weights and optimizer state included, stays in float32. An input that
 * several products share is cast once.
 */
export function castMatrixProducts(graph: Graph): Graph {
  const result = new Graph()
  const casts = new Map<string, Edge>()
  const replaced = new Map<string, Edge>()
  const edgeNow = (edge: Edge): Edge => (edge.index === 0 ? (replaced.get(edge.node) ?? edge) : edge)
  for (const [name, node] of graph.nodes) {
    const inputs = node.inputs.map(edgeNow)
    if (!isFloatProduct(node)) {
      result.nodes.set(name, { ...node, inputs })
      continue
    }
    const narrow = inputs.map((edge) => {
      const key = `${edge.node}:${edge.index}`
      const cast =
        casts.get(key) ??
        result.add('Cast', [edge], castAttributes(dtypes.float32, dtypes.bfloat16), { name: `${edge.node}/bfloat16` })
      casts.set(key, cast)
      return cast
    })
    const attributes = node.attributes.map((attribute) =>
      attribute.name === 'T' ? attr.type('T', dtypes.bfloat16) : attribute,
    )
    result.nodes.set(name, { ...node, inputs: narrow, attributes })
    replaced.set(
      name,
      result.add('Cast', [{ node: name, index: 0 }], castAttributes(dtypes.bfloat16, dtypes.float32), {
        name: `${name}/float32`,
      }),
    )
  }
  return result
}
