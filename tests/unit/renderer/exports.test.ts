import { describe, expect, it } from 'vitest'
import { reliabilityOption } from '../../../src/renderer/charts/reliabilityChart'
import { headScatterOption } from '../../../src/renderer/charts/inspectCharts'
import { lossOption } from '../../../src/renderer/charts/trainingCharts'
import { chartArray, chartCsv } from '../../../src/renderer/export/chartNumbers'
import { chartSvg } from '../../../src/renderer/export/chartFiles'
import { confusionArray } from '../../../src/renderer/export/confusionScene'
import { fileName } from '../../../src/renderer/export/fileName'
import { csvFile, npyFile } from '../../../src/renderer/export/numberFiles'
import { sceneSvg } from '../../../src/renderer/export/sceneSvg'
import { words, outlined, type Scene } from '../../../src/renderer/export/scene'
import { decodeNpy } from '../../../src/renderer/ipc/npy'
import { curvesOf } from '../../../src/renderer/stores/runCurves'
import { chartTheme } from '../../../src/renderer/theme'
import { epochMetrics, stepMetrics } from '../../support/records'

describe('numbers', () => {
  it('are read back from npy as they were', () => {
    const values = Float32Array.from({ length: 6 }, (_, index) => index / 3)
    const { shape, values: read } = decodeNpy(npyFile({ shape: [2, 3], values, axes: ['row', 'column'] }).buffer)
    expect(shape).toEqual([2, 3])
    expect(read).toEqual(values)
    const counts = decodeNpy(npyFile({ shape: [2], values: Int32Array.of(7, -1), axes: ['class'] }).buffer)
    expect([...counts.values]).toEqual([7, -1])
  })

  it('say in CSV where each is', () => {
    const values = Int32Array.from({ length: 8 }, (_, index) => index)
    expect(csvFile({ shape: [2, 2, 2], values, axes: ['filter', 'row', 'column'] })).toBe(
      'filter,row,column 0,column 1\n0,0,0,1\n0,1,2,3\n1,0,4,5\n1,1,6,7\n',
    )
    expect(csvFile({ shape: [2], values: Float64Array.of(0.5, 1), axes: ['layer'] })).toBe('layer,value\n0,0.5\n1,1\n')
  })

  it('of a confusion matrix have the names of the classes', () => {
    const array = confusionArray({ counts: Int32Array.of(3, 1, 0, 4), classes: ['cat', 'dog, wet'] })
    expect(csvFile(array)).toBe('label,cat,"dog, wet"\ncat,3,1\n"dog, wet",0,4\n')
  })
})

describe('charts', () => {
  const theme = chartTheme('light')

  it('give the points of each series', () => {
    const option = headScatterOption(
      {
        name: 'distance',
        values: [
          [1, 3],
          [5, 7],
        ],
        unit: 'px',
      },
      theme,
    )
    expect(chartCsv(option)).toBe('series,x,y\nhead,1,1\nhead,1,3\nhead,2,5\nhead,2,7\nmean,1,2\nmean,2,6\n')
    const { shape, values } = chartArray(option)
    expect(shape).toEqual([6, 3])
    expect([...values.subarray(0, 6)]).toEqual([0, 1, 1, 0, 1, 3])
  })

  it('give the curves of a training, whose points are in datasets', () => {
    const curves = curvesOf([stepMetrics(1), stepMetrics(2), epochMetrics(1)], [])
    const data = { curves, epochs: 1, stepsPerEpoch: 2, marks: [] }
    const option = lossOption(data, { window: 1, scale: 'linear', zoom: null }, theme)
    const lines = chartCsv(option).split('\n')
    expect(lines).toContain('training,1,1')
    expect(lines.filter((line) => /^[^,]*,0?\.?\d*,(2|1)$/.test(line)).length).toBeGreaterThan(1)
  })

  it('give categories by their names', () => {
    const bins = [
      { low: 0, high: 0.5, count: 4, confidence: 0.4, accuracy: 0.25 },
      { low: 0.5, high: 1, count: 0, confidence: null, accuracy: null },
    ]
    const csv = chartCsv(reliabilityOption({ bins, expectedError: 0, largestError: 0 }, theme))
    expect(csv).toMatch(/\nright,0–50.%,0\.25\n/)
  })

  it('are drawn as vectors on their background', () => {
    const option = headScatterOption({ name: 'distance', values: [[1, 3]], unit: 'px' }, theme)
    const svg = chartSvg(option, { width: 400, height: 200, background: '#ffffff' })
    expect(svg).toMatch(/^<svg width="400" height="200"/)
    expect(svg).toContain('>layer</text>')
    expect(svg).toContain('<path')
  })
})

it('an SVG embeds pictures and keeps words and boxes as vectors', () => {
  const scene: Scene = {
    width: 100,
    height: 50,
    background: '#ffffff',
    fontFamily: 'system-ui, "Noto Sans"',
    shapes: [
      words('a < b & "c"', 5, 10, { colour: '#000000' }),
      outlined({ x: 1, y: 2, width: 3, height: 4 }, '#123456'),
    ],
  }
  const svg = sceneSvg(scene, () => 'data:image/png;base64,AAAA')
  expect(svg).toContain('>a &lt; b &amp; &quot;c&quot;</text>')
  expect(svg).toContain('<rect x="1" y="2" width="3" height="4" fill="none" stroke="#123456" stroke-width="1"/>')
  expect(svg).toContain('font-family="system-ui, &quot;Noto Sans&quot;"')
})

it('files are called after figure, run and epoch', () => {
  expect(fileName(['Attention map', 'Shapes Δ 1', 'epoch 12', null])).toBe('attention-map-shapes-1-epoch-12')
  expect(fileName(['图'])).toBe('figure')
})
