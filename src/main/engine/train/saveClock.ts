/** Saving may take at most this share of the time. */
const largestShare = 0.05

/**
 * Tells when a run should be saved within an epoch, so that a crash loses little: after the wished
 * time, and later where a save takes so long that it would slow the training down. A wish of 0
 * seconds means after every step, whatever it takes.
 */
export class SaveClock {
  private lastSave: number
  private lastDuration = 0

  /** @param now in milliseconds, as all times here */
  constructor(
    private readonly everySeconds: number,
    now: number,
  ) {
    this.lastSave = now
  }

  isDue(now: number): boolean {
    if (this.everySeconds === 0) return true
    const waitMs = Math.max(this.everySeconds * 1000, this.lastDuration / largestShare)
    return now - this.lastSave >= waitMs
  }

  saved(startedAt: number, now: number) {
    this.lastDuration = now - startedAt
    this.lastSave = now
  }
}
