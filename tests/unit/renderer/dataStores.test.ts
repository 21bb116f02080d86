import { defaultSettings } from '@shared/contract/settings'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { publishedAddress, publishedDatasets } from '@shared/datasets/catalogue'
import type { Result } from '@shared/errors'
import { useDownloads } from '../../../src/renderer/stores/downloads'
import { useRecordList, type DatasetRecord } from '../../../src/renderer/stores/recordList'

/** Main's side of the bridge: what it was asked, and what it answers. */
class Main {
  readonly asked: { route: string; input: unknown }[] = []

  constructor(private readonly answer: (route: string, input: unknown) => Result<unknown>) {
    const invoke = (route: string, input: unknown) => {
      this.asked.push({ route, input })
      return Promise.resolve(this.answer(route, input))
    }
    vi.stubGlobal('window', { vitrine: { invoke }, matchMedia: undefined })
  }
}

beforeEach(() => setActivePinia(createPinia()))
afterEach(() => void vi.unstubAllGlobals())

describe('useRecordList', () => {
  function record(index: number): DatasetRecord {
    return { index, label: 0, file: `${index}.png`, url: `vitrine://app/dataset/a/${index}` }
  }

  function records(input: unknown) {
    const { offset, limit } = Object.assign({ offset: 0, limit: 0 }, input)
    return Array.from({ length: Math.min(limit, 1000 - offset) }, (_, index) => record(offset + index))
  }

  it('asks for each block once, when a part of it is looked at', async () => {
    const main = new Main((_, input) => ({ ok: true, value: { total: 1000, side: 32, records: records(input) } }))
    const scope = effectScope()
    const list = scope.run(() =>
      useRecordList(() => ({ dataset: 'a', version: '1', split: 'train', classIndex: null })),
    )
    if (list === undefined) throw new Error('no list')
    expect(list.total.value).toBeNull()
    await vi.waitFor(() => expect(list.total.value).toBe(1000))
    expect(list.at(119)?.index).toBe(119)
    expect(list.at(120)).toBeNull()
    list.need({ from: 900, to: 1000 })
    list.need({ from: 930, to: 1000 })
    await vi.waitFor(() => expect(list.at(999)?.index).toBe(999))
    expect(main.asked.map(({ input }) => input)).toMatchObject([{ offset: 0 }, { offset: 840 }, { offset: 960 }])
    scope.stop()
  })

  it('forgets what it knew when another class is asked for, and drops late answers', async () => {
    const pending: (() => void)[] = []
    vi.stubGlobal('window', {
      vitrine: {
        invoke: (_: string, input: unknown) =>
          new Promise((resolve) => {
            const total = JSON.stringify(input).includes('"classIndex":null') ? 1000 : 7
            pending.push(() => resolve({ ok: true, value: { total, side: 32, records: [] } }))
          }),
      },
    })
    const classIndex = ref<number | null>(null)
    const scope = effectScope()
    const list = scope.run(() =>
      useRecordList(() => ({ dataset: 'a', version: '1', split: 'val', classIndex: classIndex.value })),
    )
    classIndex.value = 3
    await nextTick()
    expect(pending).toHaveLength(2)
    pending[1]?.()
    await vi.waitFor(() => expect(list?.total.value).toBe(7))
    pending[0]?.()
    await nextTick()
    await nextTick()
    expect(list?.total.value).toBe(7)
    scope.stop()
  })

  it('says what went wrong, and asks again', async () => {
    let works = false
    new Main((_, input) =>
      works
        ? { ok: true, value: { total: 1000, side: 32, records: records(input) } }
        : { ok: false, error: { kind: 'unreadable', message: 'It is damaged.' } },
    )
    const scope = effectScope()
    const list = scope.run(() =>
      useRecordList(() => ({ dataset: 'a', version: '1', split: 'train', classIndex: null })),
    )
    await vi.waitFor(() => expect(list?.failure.value).toBe('It is damaged.'))
    works = true
    list?.need({ from: 0, to: 10 })
    await vi.waitFor(() => expect(list?.at(0)?.index).toBe(0))
    expect(list?.failure.value).toBeNull()
    scope.stop()
  })
})

describe('useDownloads', () => {
  it('offers the catalogue with what is there, and keeps only addresses of the web', async () => {
    const downloads = publishedDatasets.map(({ id }, index) => ({ id, haveBytes: index, isWhole: index === 5 }))
    const main = new Main((route, input) => {
      if (route === 'settings.set') return { ok: true, value: input }
      return { ok: true, value: { address: publishedAddress, downloads } }
    })
    const store = useDownloads()
    await store.load()
    expect(store.offered.map(({ name, state }) => [name, state.isWhole])).toEqual([
      ['Imagenette 160', false],
      ['Imagenette 320', false],
      ['Imagenette', false],
      ['Imagewoof 160', false],
      ['Imagewoof 320', false],
      ['Imagewoof', true],
    ])
    expect(await store.chooseAddress('file:///etc')).toMatch(/^must be an address such as/)
    expect(await store.chooseAddress('mirror')).toMatch(/^must be an address such as/)
    expect(main.asked.map(({ route }) => route)).toEqual(['datasets.downloads'])
    expect(await store.chooseAddress(' http://127.0.0.1:8000/ ')).toBeNull()
    expect(main.asked[1]).toMatchObject({ route: 'settings.set', input: { downloadAddress: 'http://127.0.0.1:8000/' } })
    expect(await store.chooseAddress('')).toBeNull()
    expect(main.asked[3]?.input).toEqual({ ...defaultSettings, downloadAddress: undefined })
  })
})
