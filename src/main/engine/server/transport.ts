import type { FromEngine } from '@shared/contract/engineMessages'

/** The channel to whoever started this engine; messages from the other side are not trusted yet. */
export interface EngineTransport {
  send(message: FromEngine): void
  onMessage(listener: (message: unknown) => void): void
  /** The other side is gone and nobody can be told anything any more. */
  onClose(listener: () => void): void
  /** Resolves when everything that was sent has left this process. */
  flushed(): Promise<void>
}

/**
 * The channel that `child_process.fork` opens between parent and child.
 * @throws Error when this process was not forked.
 */
export function parentTransport(): EngineTransport {
  if (process.send === undefined) throw new Error('an engine process is started by Vitrine, not by hand')
  let lastSent = Promise.resolve()
  return {
    send(message) {
      if (!process.connected) return
      // A message that can't be delivered has no one to report it to: the parent is gone.
      lastSent = new Promise((resolve) => process.send?.(message, () => resolve()))
    },
    onMessage(listener) {
      process.on('message', listener)
    },
    onClose(listener) {
      process.on('disconnect', listener)
    },
    flushed: () => lastSent,
  }
}
