import { describe, expect, it } from 'vitest'
import { BestEpoch } from '@engine/train/earlyStopping'
import { epochMetrics } from '../../support/records'

function seen(best: BestEpoch, values: (number | null)[]): boolean[] {
  return values.map((value, index) => best.see({ ...epochMetrics(index + 1), [best.monitor]: value }))
}

describe('best epoch', () => {
  it('is the smallest loss', () => {
    const best = new BestEpoch('val_loss', 0)
    expect(seen(best, [2, 1, 1, 1.5, 0.5])).toEqual([true, true, false, false, true])
    expect(best.best).toEqual({ epoch: 5, monitor: 'val_loss', value: 0.5 })
  })

  it.each(['val_acc', 'val_top5', 'val_balanced_acc'] as const)('is the largest %s', (monitor) => {
    const best = new BestEpoch(monitor, 0)
    expect(seen(best, [0.5, 0.4, 0.6, NaN, 0.6])).toEqual([true, false, true, false, false])
    expect(best.best).toEqual({ epoch: 3, monitor, value: 0.6 })
  })

  it('is out of patience when nothing has become better by the minimum change', () => {
    const best = new BestEpoch('val_loss', 0.1)
    seen(best, [1, 0.95, 0.91])
    expect(best.best?.value).toBe(0.91)
    expect(best.isExhausted(2)).toBe(true)
    seen(best, [0.89])
    expect(best.isExhausted(1)).toBe(false)
  })

  it('is judged by the averaged weights where there are any', () => {
    const best = new BestEpoch('val_acc', 0)
    best.see({ ...epochMetrics(1), val_acc: 0.9, ema_val_acc: 0.2 })
    expect(best.best?.value).toBe(0.2)
  })

  it('never exists without validation', () => {
    const best = new BestEpoch('val_loss', 0)
    expect(seen(best, [null, null])).toEqual([false, false])
    expect([best.best, best.isExhausted(1)]).toEqual([null, false])
  })

  it('goes on from its state as if it had never been left', () => {
    const values = [3, 2, 2.5, 1.9, 2.2, 2.1]
    const whole = new BestEpoch('val_loss', 0.05)
    seen(whole, values)
    const first = new BestEpoch('val_loss', 0.05)
    seen(first, values.slice(0, 3))
    const second = new BestEpoch('val_loss', 0.05, first.state)
    values.slice(3).forEach((value, index) => second.see({ ...epochMetrics(index + 4), val_loss: value }))
    expect(second.state).toEqual(whole.state)
  })
})
