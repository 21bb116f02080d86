import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { VitrineError } from '@shared/errors'
import type { AttentionMaps } from './attentionMaps'
import type { FlowTask } from './maximumFlow'
import { mixingMatrix, type MixingOptions } from './mixing'

export interface FlowRun {
  /** Aborted when nobody waits for the result any more. */
  cancelled: AbortSignal
  /** Called after each token. */
  onTokenDone: () => void
}

/** Arcs times sinks below which the search takes less time than starting a thread. */
const quickWork = 1_500_000

/** More threads than this gain little, because they share the memory's speed. */
const mostWorkers = 8

/**
 * Attention flow from one query token of the top layer to every token of the image, [tokens]: the
 * maximum flow through the mixing matrices of all layers (Abnar & Zuidema, 2020). Unless there is
 * little to do, worker threads take the tokens in turns, so that this thread stays free.
 * @throws VitrineError `cancelled`
 */
export async function attentionFlow(
  maps: AttentionMaps,
  image: number,
  query: number,
  options: MixingOptions,
  run: FlowRun,
): Promise<Float32Array> {
  const { tokens, layers } = maps
  const area = tokens * tokens
  const task: FlowTask = {
    kind: 'attention-flow',
    tokens,
    source: query,
    capacities: new SharedArrayBuffer(layers.length * area * Float64Array.BYTES_PER_ELEMENT),
    next: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    flows: new SharedArrayBuffer(tokens * Float64Array.BYTES_PER_ELEMENT),
  }
  const capacities = new Float64Array(task.capacities)
  layers.forEach((_, layer) => capacities.set(mixingMatrix(maps, layer, image, options), layer * area))

  // Loaded on its own, so that the bundler leaves it a file of its own: the worker starts from it.
  const { LayeredNetwork, flowWorker } = await import('./maximumFlow')
  if (capacities.length * tokens < quickWork) {
    if (run.cancelled.aborted) throw calledOff()
    const network = new LayeredNetwork(capacities, tokens, query)
    return Float32Array.from({ length: tokens }, (_, sink) => {
      run.onTokenDone()
      return network.maximumFlow(sink)
    })
  }
  const count = Math.min(tokens, mostWorkers, availableParallelism())
  const workers = Array.from({ length: count }, () => new Worker(flowWorker, { workerData: task }))
  const stopAll = () => workers.forEach((worker) => void worker.terminate())
  run.cancelled.addEventListener('abort', stopAll)
  try {
    if (run.cancelled.aborted) stopAll()
    await Promise.all(workers.map((worker) => finished(worker, run.onTokenDone)))
  } finally {
    run.cancelled.removeEventListener('abort', stopAll)
    stopAll()
  }
  if (run.cancelled.aborted) throw calledOff()
  return Float32Array.from(new Float64Array(task.flows))
}

function calledOff(): VitrineError {
  return new VitrineError('cancelled', 'The attention flow was cancelled.')
}

function finished(worker: Worker, onTokenDone: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', onTokenDone)
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}
