import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { recipeOf } from '@shared/config/augmentPresets'
import { parseRecipeText, recipeText } from '@shared/config/augmentText'
import { publishedDatasets } from '@shared/datasets/catalogue'
import { classHistogramOption, classOrder } from '../../../src/renderer/charts/classHistogram'
import {
  operationWords,
  settingSliders,
  withOperation,
  withoutOperation,
  withSetting,
} from '../../../src/renderer/settings/recipeSliders'
import { classBalance, classRows } from '../../../src/renderer/stores/classTable'
import { haveShare } from '../../../src/renderer/stores/downloads'
import { foundWords, preparationProblems, sourceName } from '../../../src/renderer/stores/preparation'
import { useRemovals } from '../../../src/renderer/stores/removal'
import { blocksOf, gridLayout, shownRange } from '../../../src/renderer/stores/virtualGrid'
import { chartTheme } from '../../../src/renderer/theme'
import { datasetManifest } from '../../support/records'

describe('the virtual grid', () => {
  const measures = { width: 720, cellWidth: 88, gap: 8, captionHeight: 20 }

  it('fills the width with as many columns as fit, and is as high as all rows', () => {
    const layout = gridLayout(100_000, measures)
    expect(layout.columns).toBe(7)
    const side = (720 - 6 * 8) / 7
    expect(layout.rowHeight).toBeCloseTo(side + 28)
    expect(layout.height).toBeCloseTo(Math.ceil(100_000 / 7) * layout.rowHeight)
    expect(gridLayout(3, { ...measures, width: 10 }).columns).toBe(1)
  })

  it('shows what can be seen and two rows around it, never more than there is', () => {
    const layout = gridLayout(100_000, measures)
    expect(shownRange(layout, { scrollTop: 0, height: 300 }, 100_000)).toEqual({ from: 0, to: 5 * 7 })
    const middle = shownRange(layout, { scrollTop: 1000 * layout.rowHeight, height: 300 }, 100_000)
    expect(middle).toEqual({ from: 998 * 7, to: 1005 * 7 })
    expect(shownRange(layout, { scrollTop: layout.height, height: 300 }, 100_000).to).toBe(100_000)
    expect(shownRange(layout, { scrollTop: 0, height: 300 }, 0)).toEqual({ from: 0, to: 0 })
  })

  it('names the blocks of a range', () => {
    expect(blocksOf({ from: 119, to: 121 }, 120)).toEqual([0, 1])
    expect(blocksOf({ from: 120, to: 240 }, 120)).toEqual([1])
    expect(blocksOf({ from: 5, to: 5 }, 120)).toEqual([])
  })
})

describe('removals', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('go through after a while, unless they are taken back', async () => {
    const gone: string[] = []
    const removals = useRemovals((id) => Promise.resolve(void gone.push(id)))
    removals.begin({ id: 'a', name: 'A' })
    await vi.advanceTimersByTimeAsync(7_000)
    removals.undo()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(gone).toEqual([])
    expect(removals.pending.value).toBeNull()
    removals.begin({ id: 'b', name: 'B' })
    await vi.advanceTimersByTimeAsync(8_000)
    expect(gone).toEqual(['b'])
    expect(removals.pending.value).toBeNull()
  })

  it('of a second thing make the first one final, and each goes once', async () => {
    const gone: string[] = []
    const removals = useRemovals((id) => Promise.resolve(void gone.push(id)))
    removals.begin({ id: 'a', name: 'A' })
    removals.begin({ id: 'b', name: 'B' })
    await vi.advanceTimersByTimeAsync(0)
    expect(gone).toEqual(['a'])
    expect(removals.pending.value).toEqual({ id: 'b', name: 'B' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(gone).toEqual(['a', 'b'])
  })
})

describe('classes', () => {
  it('are counted with their share, and compared', () => {
    const rows = classRows(datasetManifest())
    expect(rows).toEqual([
      { index: 0, name: 'daisy', train: 2, val: 1, share: 0.6 },
      { index: 1, name: 'rose', train: 1, val: 1, share: 0.4 },
    ])
    expect(classBalance(rows)).toMatchObject({ largest: { name: 'daisy' }, smallest: { name: 'rose' }, ratio: 2 })
    expect(classBalance(rows.slice(0, 1))).toBeNull()
  })

  it('stay in their order while they can be named, and go by size when they are many', () => {
    const counts = (length: number) => ({
      classes: Array.from({ length }, (_, index) => `class ${index}`),
      train: Array.from({ length }, (_, index) => (index * 7) % length),
      val: Array.from({ length }, () => 1),
    })
    expect(classOrder(counts(40))).toEqual(Array.from({ length: 40 }, (_, index) => index))
    const many = counts(1000)
    const order = classOrder(many)
    const sizes = order.map((index) => many.train[index] ?? 0)
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(new Set(order).size).toBe(1000)
    const option = classHistogramOption(many, chartTheme('dark'))
    expect(option).toMatchObject({ xAxis: { axisLabel: { show: false } }, dataZoom: [{ type: 'inside' }] })
    expect(option).toMatchObject({ series: [{ data: sizes }, {}] })
  })
})

describe('the preparation dialog', () => {
  it('calls a dataset after its source', () => {
    expect(sourceName('/data/flowers/')).toBe('flowers')
    expect(sourceName('C:\\data\\imagenette2-160.tgz')).toBe('imagenette2-160')
    expect(sourceName('/data/pets.tar.gz')).toBe('pets')
    expect(sourceName('')).toBe('')
  })

  it('says what was found', () => {
    const found = {
      recognised: 'A folder of images for each class: 13 classes.',
      classes: ['a', 'b'],
      classCount: 13,
      images: 4000,
      validationImages: 800,
      otherFiles: 1,
      ownSide: null,
    }
    expect(foundWords(found).details).toBe(
      '4\u202f000 images, 800 of them for validation, 1 other file is left out. Classes: a, b and 11 more.',
    )
    expect(foundWords(null).recognised).toBe('An archive.')
  })

  it('says what is wrong with each field', () => {
    const right = { name: 'x', imageSize: 64, validationShare: 20, seed: 1 }
    expect(preparationProblems(right).size).toBe(0)
    const wrong = { name: ' ', imageSize: 0.5, validationShare: Number.NaN, seed: -1 }
    expect([...preparationProblems(wrong).keys()].sort()).toEqual(['imageSize', 'name', 'seed', 'validationShare'])
    expect(preparationProblems({ ...right, imageSize: 2000 }).get('imageSize')).toContain('1024')
  })
})

describe('the recipe editor', () => {
  const recipe = recipeOf('tutorial')

  it('has a slider for every setting of every operation', () => {
    for (const operation of recipe.operations) {
      const keys = Object.keys(operation).filter((key) => key !== 'op')
      expect(settingSliders(operation).map(({ key }) => key)).toEqual(keys)
    }
    expect(operationWords('horizontal-flip')).toBe('Horizontal flip')
  })

  it('changes one setting, and refuses what the setting does not take', () => {
    const changed = withSetting(recipe, 2, 'degrees', [-45, 45])
    expect(changed?.operations[2]).toEqual({ op: 'rotation', degrees: [-45, 45], p: 1 })
    expect(changed?.operations[0]).toEqual(recipe.operations[0])
    expect(withSetting(recipe, 2, 'degrees', [45, -45])).toBeNull()
    expect(withSetting(recipe, 8, 'kernel', 4)).toBeNull()
  })

  it('adds and removes operations, and its text form is read back as it was', () => {
    const more = withOperation(recipe, 'solarize')
    expect(more?.operations.at(-1)).toEqual({ op: 'solarize', threshold: 0.5, p: 0.5 })
    expect(withOperation(recipe, 'explode')).toBeNull()
    const less = withoutOperation(recipe, 0)
    expect(less?.operations).toEqual(recipe.operations.slice(1))
    expect(parseRecipeText(recipeText(recipe))).toEqual({ ok: true, recipe })
  })

  it('lets a value beyond the slider stay where it is', () => {
    const wide = withSetting(recipe, 3, 'factor', [0, 9])
    const [operation] = wide?.operations.slice(3, 4) ?? []
    expect(operation && settingSliders(operation)[0]).toMatchObject({ key: 'factor', max: 9 })
  })
})

describe('downloads', () => {
  it('are never called whole before they are', () => {
    const [dataset] = publishedDatasets
    if (dataset === undefined) throw new Error('the catalogue is empty')
    const state = { id: dataset.id, haveBytes: dataset.aboutBytes, isWhole: false }
    expect(haveShare({ ...dataset, state })).toBe(0.99)
    expect(haveShare({ ...dataset, state: { ...state, isWhole: true } })).toBe(1)
    expect(haveShare({ ...dataset, state: { ...state, haveBytes: 0 } })).toBe(0)
  })
})
