import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import type { Result } from '@shared/errors'
import { useDatasets } from '../../../src/renderer/stores/datasets'
import { useInspection } from '../../../src/renderer/stores/inspection'
import { useObjectSearch } from '../../../src/renderer/stores/objectSearch'
import { datasetManifest } from '../../support/records'

const found = { images: 2, massOnObject: 0.5, pointingHits: 1, objectShare: 0.2 }
const asked: { route: string; input: unknown }[] = []

function answer(route: string): Result<unknown> {
  if (route === 'datasets.list') {
    const summary = { kind: 'prepared', description: '', sizeBytes: 1 }
    return {
      ok: true,
      value: {
        datasets: [
          { ...summary, id: '/plain', name: 'plain', manifest: datasetManifest() },
          { ...summary, id: '/masked', name: 'masked', manifest: datasetManifest({ hasMasks: true, valCount: 7 }) },
        ],
      },
    }
  }
  if (route === 'datasets.unfinished') return { ok: true, value: { preparations: [] } }
  if (route === 'inspect.localisation') return { ok: true, value: found }
  return { ok: false, error: { kind: 'unavailable', message: `nobody answers ${route}` } }
}

beforeEach(() => {
  setActivePinia(createPinia())
  asked.length = 0
  const invoke = (route: string, input: unknown) => {
    asked.push({ route, input })
    return Promise.resolve(answer(route))
  }
  vi.stubGlobal('window', { vitrine: { invoke }, matchMedia: undefined })
})
afterEach(() => void vi.unstubAllGlobals())

it('looks through all validation images of the dataset with masks, and forgets the score of another map', async () => {
  await useDatasets().load()
  const inspection = useInspection()
  const scope = effectScope()
  const search = scope.run(() => useObjectSearch())
  if (search === undefined) throw new Error('no search')
  expect(search.dataset.value?.id).toBe('/masked')

  search.search()
  expect(asked.some(({ route }) => route === 'inspect.localisation')).toBe(false)

  inspection.choose({ from: 'file', path: '/model.safetensors' })
  inspection.choices.method = 'rollout'
  await nextTick()
  search.search()
  await vi.waitFor(() => expect(search.answer.state.value).toEqual({ phase: 'ready', value: found }))
  expect(asked.find(({ route }) => route === 'inspect.localisation')?.input).toMatchObject({
    dataset: '/masked',
    most: 7,
    recipe: { method: 'rollout' },
  })

  inspection.choices.layer = 3
  await nextTick()
  expect(search.answer.state.value.phase).toBe('ready')
  inspection.choices.discard = 0.5
  await nextTick()
  expect(search.answer.state.value.phase).toBe('idle')
  scope.stop()
})
