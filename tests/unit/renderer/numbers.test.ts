import { describe, expect, it } from 'vitest'
import { attentionCost } from '@shared/model/attentionCost'
import { presetSizes } from '@shared/config/modelPresets'
import { trainingMemoryBytes } from '@shared/model/memory'
import { countParameters } from '@shared/model/size'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMeasure,
  formatPercent,
  formatSetting,
  formatShort,
} from '../../../src/renderer/format/numbers'
import { modelSizes } from '../../support/modelSizes'

const plain = (text: string) => text.replaceAll(/[\u2009\u202f]/g, ' ')

describe('numbers in words', () => {
  it('groups and shortens', () => {
    expect(plain(formatCount(22497802))).toBe('22 497 802')
    expect(plain(formatShort(22497802))).toBe('22.5 M')
    expect(plain(formatShort(2.29e9, 'FLOP'))).toBe('2.29 GFLOP')
    expect(plain(formatShort(912))).toBe('912')
    expect(plain(formatBytes(1536))).toBe('1.50 KiB')
    expect(plain(formatPercent(0.8754))).toBe('87.5 %')
  })

  it('writes settings as people type them', () => {
    expect([1e-4, 0.05, 0.999, 128, 0, 1e-7].map(formatSetting)).toEqual(['1e-4', '0.05', '0.999', '128', '0', '1e-7'])
    expect(Number(formatSetting(123456))).toBe(123456)
    expect(Number.isNaN(Number(formatSetting(Number.NaN)))).toBe(true)
  })

  it('writes measured numbers and times', () => {
    expect(formatMeasure(0.213149)).toBe('0.2131')
    expect(formatMeasure(0.000123)).toBe('1.23e-4')
    expect([42, 725, 11050].map(formatDuration)).toEqual(['0:42', '12:05', '3:04:10'])
  })
})

describe('what a model costs', () => {
  const sizes = modelSizes({ imageSize: 224, patchSize: 16, embedDim: 768, depth: 12, numHeads: 12, numClasses: 10 })

  it('counts the attention of one layer', () => {
    expect(attentionCost(197, sizes)).toEqual({
      tokens: 197,
      pairs: 38809,
      flops: 4 * 38809 * 768,
      bytes: 4 * 38809 * 12,
    })
  })

  it('grows in memory with the batch, from the weights and their moments up', () => {
    const atRest = trainingMemoryBytes(sizes, 0)
    const one = trainingMemoryBytes(sizes, 1) - atRest
    expect(atRest).toBeGreaterThan(16 * countParameters(sizes))
    expect(one).toBeGreaterThan(0)
    expect(trainingMemoryBytes(sizes, 8) - atRest).toBe(8 * one)
  })

  it.each([
    { model: 'S/32', batch: 64, measured: 2148e6 },
    { model: 'S/16', batch: 16, measured: 2079e6 },
    { model: 'Ti/16', batch: 32, measured: 1702e6 },
    { model: 'B/32', batch: 16, measured: 3051e6 },
  ] as const)('says within a sixth what $model with batches of $batch was measured to need', (training) => {
    const estimate = trainingMemoryBytes({ ...sizes, ...presetSizes(training.model), imageSize: 224 }, training.batch)
    expect(Math.abs(estimate / training.measured - 1)).toBeLessThan(1 / 6)
  })
})
