import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import type { CorrectionChange, ShownCorrection } from '@shared/contract/corrections'
import { windowRoutes } from '@shared/contract/windowRoutes'
import { useCorrections } from '../../../src/renderer/stores/corrections'
import { useRecordsByIndex } from '../../../src/renderer/stores/recordsByIndex'
import { correctionCount } from '../../../src/renderer/components/evaluation/evaluationWords'

/** Main's side: keeps corrections as main does, records all of class 0. */
class Main {
  readonly asked: { route: string; input: unknown }[] = []
  private readonly kept = new Map<number, ShownCorrection>()

  constructor() {
    const invoke = (route: string, input: unknown) => {
      this.asked.push({ route, input })
      return Promise.resolve(this.answer(route, input))
    }
    vi.stubGlobal('window', { vitrine: { invoke } })
  }

  private answer(route: string, input: unknown) {
    if (route === 'datasets.records') {
      const { indices } = windowRoutes['datasets.records'].input.parse(input)
      const records = indices.map((index) => ({ index, label: 0, file: `${index}.png`, url: `at ${index}` }))
      return { ok: true, value: { side: 4, records } }
    }
    if (route === 'corrections.change') {
      for (const change of windowRoutes['corrections.change'].input.parse(input).changes) this.apply(change)
    }
    return { ok: true, value: { side: 4, corrections: [...this.kept.values()] } }
  }

  private apply({ index, to }: CorrectionChange): void {
    if (to === 'original') this.kept.delete(index)
    else this.kept.set(index, { index, file: '', was: 0, label: to === 'left-out' ? null : to, url: '' })
  }
}

beforeEach(() => setActivePinia(createPinia()))
afterEach(() => void vi.unstubAllGlobals())

describe('useCorrections', () => {
  it('shows what was corrected, and takes the last change back', async () => {
    new Main()
    const corrections = useCorrections()
    const shown = () => corrections.of('a').list.map(({ index, label }) => [index, label])
    await corrections.load('a')
    expect(shown()).toEqual([])
    await corrections.change('a', [{ index: 4, to: 2 }])
    await corrections.change('a', [
      { index: 4, to: 'left-out' },
      { index: 7, to: 1 },
    ])
    expect(shown()).toEqual([
      [4, null],
      [7, 1],
    ])
    await corrections.undo()
    expect(shown()).toEqual([[4, 2]])
    expect(corrections.undoable).toBeNull()
    await corrections.undo()
    expect(shown()).toEqual([[4, 2]])
  })

  it('counts in words', () => {
    expect(correctionCount([{ label: 1 }, { label: null }, { label: null }])).toBe('1 label changed, 2 images left out')
    expect(correctionCount([])).toBe('Nothing corrected')
  })
})

describe('useRecordsByIndex', () => {
  it('asks for each record once, so many at a time as main gives, and forgets the earliest', async () => {
    const main = new Main()
    const scope = effectScope()
    const records = scope.run(() => useRecordsByIndex(() => 'a'))
    if (records === undefined) throw new Error('no records')
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => from + place)
    records.need(range(0, 250))
    records.need(range(100, 300))
    await vi.waitFor(() => expect(records.at(299)?.url).toBe('at 299'))
    const counts = main.asked.map(({ input }) => windowRoutes['datasets.records'].input.parse(input).indices.length)
    expect(counts).toEqual([200, 50, 50])
    records.need(range(300, 5000))
    await vi.waitFor(() => expect(records.at(4999)?.side).toBe(4))
    expect(records.at(0)).toBeUndefined()
    records.need([0])
    await vi.waitFor(() => expect(records.at(0)?.url).toBe('at 0'))
    scope.stop()
  })
})
