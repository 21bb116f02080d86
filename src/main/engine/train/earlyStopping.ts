import { z } from 'zod'
import { isLossMonitor, monitors, type Monitor } from '@shared/config/trainConfig'
import type { EpochMetrics, RunRecord } from '@shared/contract/records'

/** What is known of the epochs so far; part of a checkpoint, so that a resumed run judges alike. */
export const bestEpochStateSchema = z.object({
  best: z.object({ epoch: z.int(), monitor: z.enum(monitors), value: z.number() }).nullable(),
  /** The value that an epoch must improve on by the minimum change. */
  reference: z.number().nullable(),
  /** Epochs since that last happened. */
  epochsSince: z.int().min(0),
})
export type BestEpochState = z.output<typeof bestEpochStateSchema>

export const noEpochYet: BestEpochState = { best: null, reference: null, epochsSince: 0 }

/** The monitored figure of an epoch: the averaged weights' where the run keeps an average of them. */
export function monitoredValue(metrics: EpochMetrics, monitor: Monitor): number | null {
  return metrics[`ema_${monitor}`] ?? metrics[monitor] ?? null
}

/** Follows one validation metric: which epoch was best, and since when nothing has become better. */
export class BestEpoch {
  private known: BestEpochState

  /** @param minDelta a change smaller than this is no improvement to `isExhausted`; any counts for `best` */
  constructor(
    readonly monitor: Monitor,
    private readonly minDelta: number,
    state: BestEpochState = noEpochYet,
  ) {
    this.known = state
  }

  get best(): RunRecord['best'] {
    return this.known.best
  }

  /** For a checkpoint. */
  get state(): BestEpochState {
    return this.known
  }

  /** True when this epoch is the best so far; a metric that isn't finite never is. */
  see(metrics: EpochMetrics): boolean {
    const value = monitoredValue(metrics, this.monitor)
    if (value === null) return false
    const { best, reference, epochsSince } = this.known
    const isBest = this.gain(value, best?.value ?? null) > 0
    const gain = this.gain(value, reference)
    const improved = gain > 0 && gain >= this.minDelta
    this.known = {
      best: isBest ? { epoch: metrics.epoch, monitor: this.monitor, value } : best,
      reference: improved ? value : reference,
      epochsSince: improved ? 0 : epochsSince + 1,
    }
    return isBest
  }

  /** Whether the last `patience` epochs brought no improvement. */
  isExhausted(patience: number): boolean {
    return this.known.epochsSince >= patience
  }

  /** By how much a value is better than an earlier one; anything finite is infinitely better than nothing. */
  private gain(value: number, earlier: number | null): number {
    if (!Number.isFinite(value)) return -Infinity
    if (earlier === null) return Infinity
    return isLossMonitor(this.monitor) ? earlier - value : value - earlier
  }
}
