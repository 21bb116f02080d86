import { useIntervalFn } from '@vueuse/core'
import type { Ref } from 'vue'

const stepMs = 900

interface EpochPlayer {
  isPlaying: Readonly<Ref<boolean>>
  /** Goes on from here, or from the first again after the last. */
  play: () => void
  pause: () => void
  /** Goes so many steps on (or back, below 0) and stops playing. */
  step: (by: number) => void
}

/**
 * Shows one after another.
 *
 * @param current place of the one that is shown, below 0 for none
 * @param isBusy while this holds the next one waits, so that each is there to be seen
 */
export function useEpochPlayer(given: {
  count: () => number
  current: () => number
  show: (index: number) => void
  isBusy: () => boolean
}): EpochPlayer {
  const { count, current, show, isBusy } = given
  const { isActive, pause, resume } = useIntervalFn(
    () => {
      if (isBusy()) return
      if (current() + 1 < count()) show(current() + 1)
      else pause()
    },
    stepMs,
    { immediate: false },
  )

  function play(): void {
    if (current() >= count() - 1) show(0)
    resume()
  }

  function step(by: number): void {
    pause()
    const next = Math.min(count() - 1, Math.max(0, current() + by))
    if (next >= 0 && next !== current()) show(next)
  }

  return { isPlaying: isActive, play, pause, step }
}
