import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import type { RunSummary } from '@shared/contract/records'
import { pinnedIndices } from '@shared/pinnedImages'
import { epochOption } from '../../../src/renderer/charts/inspectCharts'
import { comparedNames } from '../../../src/renderer/components/inspect/comparedNames'
import { figureCurves } from '../../../src/renderer/components/through/figureCurves'
import type { EpochFigures } from '../../../src/renderer/ipc/inspectArrays'
import { comparedByRoute, comparisonRoute } from '../../../src/renderer/stores/comparisonRoute'
import { useEpochPlayer } from '../../../src/renderer/stores/epochPlayer'
import { epochsToLookAt, keptEpochs, withRecorded } from '../../../src/renderer/stores/keptEpochs'
import { chartTheme } from '../../../src/renderer/theme'
import { epochMetrics, runRecord } from '../../support/records'

function summary(changes: Partial<RunSummary> = {}): RunSummary {
  return {
    record: runRecord({ best: { epoch: 7, monitor: 'val_loss', value: 0.2 } }),
    folder: '/runs/run',
    lastEpoch: epochMetrics(12),
    checkpoints: ['best', 'last', 'best.ema', 'epoch-0010', 'epoch-0010.ema', 'epoch-0005'],
    ...changes,
  }
}

describe('the epochs of a run', () => {
  it('are those that it kept, from the first on, without averages', () => {
    expect(keptEpochs(summary().checkpoints)).toEqual([
      { name: 'epoch-0005', epoch: 5 },
      { name: 'epoch-0010', epoch: 10 },
    ])
  })

  it('are joined by the best and the last, each epoch once', () => {
    expect(epochsToLookAt(summary()).map(({ name }) => name)).toEqual(['epoch-0005', 'best', 'epoch-0010', 'last'])
    const endsAtKept = summary({ lastEpoch: epochMetrics(10) })
    expect(epochsToLookAt(endsAtKept).map(({ name }) => name)).toEqual(['epoch-0005', 'best', 'epoch-0010'])
  })

  it('are only the kept ones while it goes on, because the others still change', () => {
    const running = summary({
      record: runRecord({ status: 'running', best: { epoch: 7, monitor: 'val_loss', value: 1 } }),
    })
    expect(epochsToLookAt(running).map(({ name }) => name)).toEqual(['epoch-0005', 'epoch-0010'])
  })
})

it('takes what the run recorded of an epoch rather than measuring its checkpoint', () => {
  const kept = epochsToLookAt(summary())
  expect(withRecorded(kept, [1, 5, 12])).toEqual([
    { name: null, epoch: 1 },
    { name: null, epoch: 5 },
    { name: 'best', epoch: 7 },
    { name: 'epoch-0010', epoch: 10 },
    { name: null, epoch: 12 },
  ])
})

describe('playing the epochs', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function playing(start: number) {
    const current = ref(start)
    const busy = ref(false)
    const scope = effectScope()
    const player = scope.run(() =>
      useEpochPlayer({
        count: () => 4,
        current: () => current.value,
        show: (index) => (current.value = index),
        isBusy: () => busy.value,
      }),
    )
    if (player === undefined) throw new Error('no player')
    return { player, current, busy, end: () => scope.stop() }
  }

  it('goes on to the last one and stops there', () => {
    const { player, current, end } = playing(1)
    player.play()
    expect(player.isPlaying.value).toBe(true)
    vi.advanceTimersByTime(1000)
    expect(current.value).toBe(2)
    vi.advanceTimersByTime(3000)
    expect(current.value).toBe(3)
    expect(player.isPlaying.value).toBe(false)
    end()
  })

  it('begins again after the last one', () => {
    const { player, current, end } = playing(3)
    player.play()
    expect(current.value).toBe(0)
    end()
  })

  it('waits while an epoch is not there to be seen yet', () => {
    const { player, current, busy, end } = playing(0)
    busy.value = true
    player.play()
    vi.advanceTimersByTime(5000)
    expect(current.value).toBe(0)
    busy.value = false
    vi.advanceTimersByTime(1000)
    expect(current.value).toBe(1)
    end()
  })

  it('stops at a step, which ends at the first and the last', () => {
    const { player, current, end } = playing(2)
    player.play()
    player.step(-1)
    expect([current.value, player.isPlaying.value]).toEqual([1, false])
    player.step(-9)
    expect(current.value).toBe(0)
    player.step(9)
    expect(current.value).toBe(3)
    vi.advanceTimersByTime(5000)
    expect(current.value).toBe(3)
    end()
  })
})

describe('the figures over the epochs', () => {
  const array = { shape: [0], values: new Float32Array() }
  function figures(scale: number): EpochFigures {
    return {
      epoch: 1,
      images: [],
      components: array,
      maps: array,
      explainedShares: [0.5, 0.2, 0.1, 0.05],
      positions: { similarity: array, contrast: 0.1 * scale },
      heads: {
        distances: [
          [10 * scale, 20 * scale],
          [30, 50],
        ],
        entropies: [
          [1, 2],
          [3, 4],
        ],
      },
    }
  }

  it('are means over the heads of each layer, with gaps where nothing is measured yet', () => {
    const curves = figureCurves([figures(1), null, figures(2)])
    expect(curves.map(({ name }) => name)).toEqual([
      'attention distance in px',
      'entropy in nats',
      'position contrast',
      'filters’ explained variance',
    ])
    expect(curves[0]?.lines.map(({ name, values }) => [name, values])).toEqual([
      ['layer 1', [15, Number.NaN, 30]],
      ['layer 2', [40, Number.NaN, 40]],
    ])
    expect(curves[2]?.lines[0]?.values).toEqual([0.1, Number.NaN, 0.2])
  })

  it('add up the first components that there are', () => {
    const lines = figureCurves([figures(1)]).at(-1)?.lines ?? []
    expect(lines.map(({ name }) => name)).toEqual(['first component', 'first 3'])
    expect(lines[1]?.values[0]).toBeCloseTo(0.8, 12)
  })

  it('leave out what there is not: attention without images, positions where the model has none', () => {
    const bare = { ...figures(1), heads: null, positions: null }
    expect(figureCurves([bare]).map(({ name }) => name)).toEqual(['filters’ explained variance'])
    expect(figureCurves([null, null])).toEqual([])
  })

  it('are drawn at their epochs, with the one that is shown marked', () => {
    const lines = [{ name: 'layer 1', colour: '#123456', values: [1, Number.NaN, 3] }]
    const option = epochOption({ name: 'entropy', lines }, [5, 10, 20], 10, String, chartTheme('light'))
    expect(option).toMatchObject({
      xAxis: { min: 5, max: 20 },
      series: [
        {
          data: [
            [5, 1],
            [20, 3],
          ],
          markLine: { data: [{ xAxis: 10 }] },
        },
      ],
    })
  })
})

it('pins images from all over the validation split, or the training split where there is no other', () => {
  expect(pinnedIndices({ trainCount: 100, valCount: 40 })).toEqual([105, 115, 125, 135])
  expect(pinnedIndices({ trainCount: 100, valCount: 2 })).toEqual([100, 101])
  expect(pinnedIndices({ trainCount: 8, valCount: 0 })).toEqual([1, 3, 5, 7])
  expect(pinnedIndices({ trainCount: 0, valCount: 0 })).toEqual([])
})

describe('the address of a comparison', () => {
  const runs = new Map([['run', summary()]])
  const byId = (runId: string) => runs.get(runId) ?? null

  it('names the checkpoints, which are found again', () => {
    const { path, query } = comparisonRoute({ runId: 'run', name: 'epoch-0005' }, { runId: 'run' })
    expect(path).toBe('/inspect')
    expect(comparedByRoute(query.compare, byId)).toEqual([
      { from: 'run', runId: 'run', name: 'epoch-0005' },
      { from: 'run', runId: 'run', name: 'best' },
    ])
  })

  it.each([['gone'], ['run/epoch-0099'], ['run/../../x'], [null], [undefined], [{}]])('leaves out %s', (text) => {
    expect(comparedByRoute(text, byId)).toEqual([])
    expect(comparedByRoute([text, 'run/last'], byId)).toEqual([{ from: 'run', runId: 'run', name: 'last' }])
  })
})

it('tells two checkpoints apart with no more words than needed', () => {
  const titleOf = (runId: string) => runId.toUpperCase()
  const best = { from: 'run', runId: 'a', name: 'best' } as const
  expect(comparedNames(best, { ...best, name: 'epoch-0005' }, titleOf)).toEqual(['Best', 'Epoch 5'])
  expect(comparedNames(best, { ...best, runId: 'b' }, titleOf)).toEqual(['A · Best', 'B · Best'])
  expect(comparedNames({ from: 'file', path: '/models/vit.npz' }, best, titleOf)).toEqual(['vit.npz', 'A · Best'])
})
