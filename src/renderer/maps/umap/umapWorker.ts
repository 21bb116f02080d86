import { umapLayout } from './umapLayout'
import type { UmapAnswer, UmapRequest } from './umapMessages'

/** Arranges points beside the window's own thread; whoever wants no more of it ends the worker. */

/** Progress is told at most this often. */
const tellEveryMs = 100

function tell(answer: UmapAnswer): void {
  self.postMessage(answer)
}

self.addEventListener('message', ({ data }: MessageEvent<UmapRequest>) => {
  try {
    const work = umapLayout(data.points, data.width, data.settings)
    let toldAt = -Infinity
    let step = work.next()
    for (; step.done !== true; step = work.next()) {
      if (performance.now() - toldAt < tellEveryMs) continue
      toldAt = performance.now()
      tell({ type: 'progress', progress: step.value })
    }
    tell({ type: 'layout', layout: step.value })
  } catch (error) {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
})
