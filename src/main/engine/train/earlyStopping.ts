import type { EpochMetrics, RunRecord } from '@shared/contract/records'
import type { TrainConfig } from '@shared/config/runConfig'

type Monitor = NonNullable<TrainConfig['earlyStopping']>['monitor']

/** Follows one validation metric: which epoch was best, and how long ago. */
export class BestEpoch {
  best: RunRecord['best'] = null
  private epochsSince = 0

  constructor(readonly monitor: Monitor) {}

  /** True when this epoch is the best so far; a metric that isn't finite never is. */
  see(metrics: EpochMetrics): boolean {
    const value = metrics[this.monitor]
    if (value === null) return false
    const better =
      Number.isFinite(value) &&
      (this.best === null || (this.monitor === 'val_acc' ? value > this.best.value : value < this.best.value))
    if (better) {
      this.best = { epoch: metrics.epoch, monitor: this.monitor, value }
      this.epochsSince = 0
    } else this.epochsSince++
    return better
  }

  /** Whether the last `patience` epochs brought nothing better. */
  isExhausted(patience: number): boolean {
    return this.epochsSince >= patience
  }
}
