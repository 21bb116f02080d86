import { describe, expect, it } from 'vitest'
import {
  depthOption,
  faithfulnessColours,
  faithfulnessOption,
  headScatterOption,
} from '../../../src/renderer/charts/inspectCharts'
import { chartTheme } from '../../../src/renderer/theme'

const theme = chartTheme('light')

describe('charts of the inspection', () => {
  it('put every head at its layer and the mean on a line', () => {
    const measure = {
      name: 'attention distance',
      values: [
        [10, 30],
        [40, 60],
      ],
      unit: 'px',
    }
    expect(headScatterOption(measure, theme)).toMatchObject({
      yAxis: { name: 'attention distance in px' },
      series: [
        {
          data: [
            [1, 10],
            [1, 30],
            [2, 40],
            [2, 60],
          ],
          lineStyle: { width: 0 },
          showSymbol: true,
        },
        {
          data: [
            [1, 20],
            [2, 50],
          ],
          showSymbol: false,
        },
      ],
    })
  })

  it('begin at what goes into the first block', () => {
    const option = depthOption('mean similarity', [0.1, 0.5, 0.9], theme)
    expect(option).toMatchObject({
      xAxis: { min: 0, max: 2 },
      series: [
        {
          data: [
            [0, 0.1],
            [1, 0.5],
            [2, 0.9],
          ],
        },
      ],
    })
  })

  it('draw the map over the last layer and chance', () => {
    const flat = { deletion: [0.5, 0.5], insertion: [0.5, 0.5], deletionArea: 0.5, insertionArea: 0.5 }
    const map = { ...flat, deletion: [0.9, 0.1] }
    const report = { classIndex: 0, shares: [0, 1], map, lastLayer: flat, random: flat }
    expect(faithfulnessOption(report, 'deletion', theme)).toMatchObject({
      series: [
        { name: 'chance', lineStyle: { type: 'dashed' } },
        { name: 'last layer' },
        {
          name: 'this map',
          color: faithfulnessColours.map,
          data: [
            [0, 0.9],
            [1, 0.1],
          ],
        },
      ],
    })
  })
})
