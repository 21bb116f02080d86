import { isMainThread, parentPort, workerData } from 'node:worker_threads'

/**
 * Attention flow (Abnar & Zuidema, 2020, section 3): nodes are (layer, token), an arc goes from every
 * token of a layer to every token of the layer below, its capacity the attention between them.
 *
 * This module is its own worker thread: it is loaded once more there, straight from this file, which
 * is why it imports nothing of the project and keeps to the TypeScript that Node itself can read.
 */

/** Residual capacities below this are none: it ends the rounding that sums of thousands of arcs leave behind. */
const negligible = 1e-10
/** A flow this close to an upper bound has reached it. */
const boundTolerance = 1e-9

const unreached = -1

/**
 * Maximum flows from one token above the layers to any token below them, by Dinic's algorithm (1970)
 * on the dense layered network. Arcs are not stored one by one: a pair of layers is two matrices of
 * residual capacities, one each way, both laid out so that a token's arcs are neighbours in memory.
 *
 * The top layer's arcs are a supply for each token of the layer below it, the bottom layer's a demand
 * of each token above it; between them lie `depth − 2` matrices. The smaller of the sums of supplies
 * and demands bounds the flow and is often reached, which ends the search.
 */
export class LayeredNetwork {
  private readonly capacities: Float64Array
  private readonly source: number
  private readonly tokens: number
  private readonly area: number
  /** Matrices between the tokens that have supplies and those that have demands. */
  private readonly middle: Float64Array
  private readonly levels: number
  private readonly supply: Float64Array
  private readonly demand: Float64Array
  /** Residual capacities from the upper token (rows) to the lower (columns). */
  private readonly down: Float64Array
  /** From the lower token (rows) back to the upper (columns): what flows already. */
  private readonly up: Float64Array
  /** Arcs to the sink that a node is away from it. */
  private readonly distance: Int32Array
  /** The first arc of each node that is not exhausted yet. */
  private readonly firstArc: Int32Array
  private frontier: Int32Array
  private nextFrontier: Int32Array

  /**
   * @param capacities [depth, tokens, tokens], lowest layer first; rows are the upper layer's tokens
   * @param source token above the highest layer from which everything flows
   */
  constructor(capacities: Float64Array, tokens: number, source: number) {
    this.capacities = capacities
    this.source = source
    this.tokens = tokens
    this.area = tokens * tokens
    const depth = capacities.length / this.area
    this.levels = Math.max(1, depth - 1)
    this.middle = capacities.subarray(this.area, Math.max(1, depth - 1) * this.area)
    this.supply = new Float64Array(tokens)
    this.demand = new Float64Array(tokens)
    this.down = new Float64Array(this.middle.length)
    this.up = new Float64Array(this.middle.length)
    this.distance = new Int32Array(this.levels * tokens)
    this.firstArc = new Int32Array(this.levels * tokens)
    this.frontier = new Int32Array(this.levels * tokens)
    this.nextFrontier = new Int32Array(this.levels * tokens)
  }

  /** Maximum flow to one token of the lowest layer. */
  maximumFlow(sink: number): number {
    const { tokens, area, capacities, source, supply, demand } = this
    const topRow = capacities.length - area + source * tokens
    if (capacities.length === area) return capacities[topRow + sink] ?? 0
    supply.set(capacities.subarray(topRow, topRow + tokens))
    for (let token = 0; token < tokens; token++) demand[token] = capacities[token * tokens + sink] ?? 0
    this.down.set(this.middle)
    this.up.fill(0)
    const bound = Math.min(sumOf(supply), sumOf(demand))
    let total = 0
    while (total < bound - boundTolerance && this.measureDistances()) {
      const gained = this.blockingFlow()
      if (gained === 0) break
      total += gained
    }
    return Math.min(total, bound)
  }

  /** One phase: pushes what fits along shortest ways, until each of them has a full arc. */
  private blockingFlow(): number {
    const { tokens, supply, distance } = this
    this.firstArc.fill(0)
    let gained = 0
    const top = this.levels - 1
    for (let token = 0; token < tokens; token++) {
      const available = supply[token] ?? 0
      if (available <= negligible || distance[top * tokens + token] === unreached) continue
      const sent = this.push(top, token, available)
      supply[token] = available - sent
      gained += sent
    }
    return gained
  }

  /** Sends up to `amount` from a node towards the sink, each arc one step nearer; gives what arrived. */
  private push(level: number, token: number, amount: number): number {
    const { tokens, area, distance, demand, down, up, firstArc } = this
    const node = level * tokens + token
    const nearer = (distance[node] ?? 0) - 1
    if (nearer === 0) {
      const sent = Math.min(amount, demand[token] ?? 0)
      demand[token] = (demand[token] ?? 0) - sent
      return sent
    }
    let left = amount
    const below = (level - 1) * area
    const above = level * area
    for (let arc = firstArc[node] ?? 0; arc < 2 * tokens; arc++) {
      firstArc[node] = arc
      if (arc < tokens) {
        if (level === 0 || distance[node - token - tokens + arc] !== nearer) continue
        const slot = below + token * tokens + arc
        const room = down[slot] ?? 0
        if (room <= negligible) continue
        const sent = this.push(level - 1, arc, Math.min(left, room))
        const back = below + arc * tokens + token
        down[slot] = room - sent
        up[back] = (up[back] ?? 0) + sent
        left -= sent
      } else {
        const upper = arc - tokens
        if (level === this.levels - 1 || distance[node - token + tokens + upper] !== nearer) continue
        const slot = above + token * tokens + upper
        const room = up[slot] ?? 0
        if (room <= negligible) continue
        const sent = this.push(level + 1, upper, Math.min(left, room))
        const back = above + upper * tokens + token
        up[slot] = room - sent
        down[back] = (down[back] ?? 0) + sent
        left -= sent
      }
      // The arc may have room left for the next visit.
      if (left <= negligible) return amount - left
    }
    firstArc[node] = 2 * tokens
    return amount - left
  }

  /**
   * Breadth-first search from the sink over the arcs that have room, against their direction.
   * @returns whether any supply can still get there
   */
  private measureDistances(): boolean {
    const { tokens, area, distance, demand, down, up } = this
    distance.fill(unreached)
    let count = 0
    for (let token = 0; token < tokens; token++) {
      if ((demand[token] ?? 0) <= negligible) continue
      distance[token] = 1
      this.frontier[count++] = token
    }
    for (let step = 2; count > 0; step++) {
      const reached = this.frontier
      const next = this.nextFrontier
      let found = 0
      // Nodes of one level are neighbours in the list, because each round visits the levels in order.
      for (let start = 0, end = 0; start < count; start = end) {
        const level = Math.floor((reached[start] ?? 0) / tokens)
        while (end < count && Math.floor((reached[end] ?? 0) / tokens) === level) end++
        const visit = (from: number, residual: Float64Array, matrix: number) => {
          for (let token = 0; token < tokens; token++) {
            const node = from * tokens + token
            if (distance[node] !== unreached) continue
            const row = matrix + token * tokens - level * tokens
            for (let at = start; at < end; at++) {
              if ((residual[row + (reached[at] ?? 0)] ?? 0) <= negligible) continue
              distance[node] = step
              next[found++] = node
              break
            }
          }
        }
        if (level > 0) visit(level - 1, up, (level - 1) * area)
        if (level < this.levels - 1) visit(level + 1, down, level * area)
      }
      next.subarray(0, found).sort()
      this.frontier = next
      this.nextFrontier = reached
      count = found
    }
    const top = (this.levels - 1) * tokens
    return this.supply.some((amount, token) => amount > negligible && distance[top + token] !== unreached)
  }
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** What a worker is started with; the buffers are shared with all workers of one computation. */
export interface FlowTask {
  kind: 'attention-flow'
  tokens: number
  source: number
  /** Float64 [depth, tokens, tokens] */
  capacities: SharedArrayBuffer
  /** Int32 [1]: the next token that nobody has taken yet. */
  next: SharedArrayBuffer
  /** Float64 [tokens]: the flow to each. */
  flows: SharedArrayBuffer
}

function isFlowTask(data: unknown): data is FlowTask {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'attention-flow'
}

/** Takes one token after another until all are taken; tells after each that one more is done. */
function work({ capacities, tokens, source, next, flows }: FlowTask, done: () => void): void {
  const network = new LayeredNetwork(new Float64Array(capacities), tokens, source)
  const counter = new Int32Array(next)
  const results = new Float64Array(flows)
  for (let sink = Atomics.add(counter, 0, 1); sink < tokens; sink = Atomics.add(counter, 0, 1)) {
    results[sink] = network.maximumFlow(sink)
    done()
  }
}

/** Where a worker finds this module. */
export const flowWorker = new URL(import.meta.url)

if (!isMainThread && isFlowTask(workerData)) work(workerData, () => parentPort?.postMessage('done'))
