import type { QueueState } from '@shared/contract/queue'

/** How the queue is put into words. */

/** "1 run waits", "12 runs wait" */
export function waitingWords(count: number): string {
  return count === 1 ? '1 run waits' : `${count} runs wait`
}

/** Why the next run does not start by itself, in a sentence; null where it does as soon as the device is free. */
export function holdSentence({ hold, waitsFor }: QueueState): string | null {
  switch (hold?.why) {
    case 'paused':
      return 'The queue is paused: the next run does not start by itself.'
    case 'app-start':
      return 'Left from the last session: nothing starts before you say so.'
    case 'run-paused':
      return 'A run was paused, and the queue with it.'
    case 'failure':
      return `Paused after a failure that would meet the next run too. ${hold.message}`
    case undefined: {
      const [first] = waitsFor
      if (first === undefined) return null
      const where = first.by === 'terminal' ? 'a terminal' : 'another window'
      return `The next run waits for “${first.title}”, which is being trained in ${where}.`
    }
  }
}

/** What the button says that lets the queue go on. */
export function goOnWords({ hold }: QueueState): string {
  return hold?.why === 'app-start' ? 'Start the queue' : 'Go on'
}
