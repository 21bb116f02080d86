const waiting: (() => void)[] = []

function next(): void {
  waiting.shift()?.()
  if (waiting.length > 0) requestAnimationFrame(next)
}

/**
 * Resolves when the caller may set up its chart: one chart a frame, so that a page of many shows
 * itself at once and answers clicks while they come.
 */
export function drawingTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) requestAnimationFrame(next)
  })
}
