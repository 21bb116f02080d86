import { Graph, type Edge } from './graph'

/** The graph without the nodes that none of `wanted` depends on. */
export function prune(graph: Graph, wanted: readonly string[]): Graph {
  const needed = new Set<string>()
  const pending = [...wanted]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (needed.has(name)) continue
    needed.add(name)
    const node = graph.node(name)
    pending.push(...node.inputs.map((edge: Edge) => edge.node), ...node.after)
  }
  const pruned = new Graph()
  for (const [name, node] of graph.nodes) if (needed.has(name)) pruned.nodes.set(name, node)
  return pruned
}
