import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CheckpointRef, ModelInfo } from '@shared/contract/records'
import { encodeNpy } from '@engine/formats/npy'
import { useComparison } from '../../../src/renderer/stores/comparison'
import { useInspection } from '../../../src/renderer/stores/inspection'
import { modelSizes } from '../../support/modelSizes'

/** Two models of 4 × 4 patches that look at different things; the second has registers and one layer. */
const sizes = {
  first: modelSizes({ depth: 2, numHeads: 2 }),
  second: modelSizes({ depth: 1, numHeads: 2, registerTokens: 2 }),
}
const refs: Record<keyof typeof sizes, CheckpointRef> = {
  first: { from: 'file', path: 'first' },
  second: { from: 'file', path: 'second' },
}
const asked: { route: string; input: Record<string, unknown> }[] = []

function modelOf(input: Record<string, unknown>): keyof typeof sizes {
  return JSON.stringify(input['checkpoint']).includes('second') ? 'second' : 'first'
}

function infoOf(name: keyof typeof sizes): ModelInfo {
  const preprocessing = { imageSize: 16, mean: [0, 0, 0], std: [1, 1, 1] }
  const classes = name === 'first' ? ['cat', 'dog', 'owl'] : ['owl', 'cat', 'dog']
  return { title: name, sizes: sizes[name], classes, parameters: 1, epoch: null, preprocessing }
}

/** Attention that is `layer + head / 10` everywhere, and twice that in the second model. */
function attentionOf(name: keyof typeof sizes): Buffer {
  const { depth, numHeads, registerTokens } = sizes[name]
  const tokens = 1 + registerTokens + 16
  const data = Float32Array.from({ length: depth * numHeads * tokens }, (_, i) => {
    const row = Math.floor(i / tokens)
    return (Math.floor(row / numHeads) + (row % numHeads) / 10 + 1) * (name === 'first' ? 1 : 2)
  })
  return Buffer.from(encodeNpy({ shape: [depth, numHeads, tokens], data }))
}

beforeEach(() => {
  setActivePinia(createPinia())
  asked.length = 0
  const invoke = (route: string, input: Record<string, unknown>) => {
    asked.push({ route, input })
    const name = modelOf(input)
    if (route === 'inspect.model') return Promise.resolve({ ok: true, value: infoOf(name) })
    if (route === 'inspect.attention') return Promise.resolve({ ok: true, value: { url: name, shape: [1] } })
    return Promise.resolve({ ok: false, error: { kind: 'unavailable', message: `nobody answers ${route}` } })
  }
  vi.stubGlobal('window', { vitrine: { invoke }, matchMedia: undefined })
  vi.stubGlobal('fetch', (url: keyof typeof sizes) => Promise.resolve(new Response(new Uint8Array(attentionOf(url)))))
})
afterEach(() => void vi.unstubAllGlobals())

async function compared() {
  const inspection = useInspection()
  const comparison = useComparison()
  inspection.choose(refs.first)
  inspection.addFiles(['/ball.png'])
  await vi.waitFor(() => expect(inspection.maps.mapOf('attention')).not.toBeNull())
  inspection.choices.layer = 0
  comparison.open(refs.second)
  await vi.waitFor(() => expect(comparison.maps.mapOf('attention')).not.toBeNull())
  return { inspection, comparison }
}

const queriesOf = (name: keyof typeof sizes) =>
  asked
    .filter(({ route, input }) => route === 'inspect.attention' && modelOf(input) === name)
    .map(({ input }) => input['query'])

describe('a second model', () => {
  it('is asked about the same image and the same place, and its difference is shown', async () => {
    const { inspection, comparison } = await compared()
    expect(asked.filter(({ route }) => route === 'inspect.image').map(({ input }) => modelOf(input))).toContain(
      'second',
    )
    inspection.choices.fusion = 1
    expect(comparison.difference?.values).toHaveLength(16)
    comparison.difference?.values.forEach((value) => expect(value).toBeCloseTo(2 * 1.1 - 1.1, 6))

    inspection.choices.query = 1 + 5
    await vi.waitFor(() => expect(queriesOf('second').at(-1)).toBe(3 + 5))
    expect(queriesOf('first').at(-1)).toBe(1 + 5)
  })

  it('says what it lacks instead of showing another layer', async () => {
    const { inspection, comparison } = await compared()
    inspection.choices.layer = 1
    expect(comparison.missing).toContain('1 layer, so there is no layer 2')
    expect(comparison.difference).toBeNull()
    inspection.choices.layer = 0
    expect(comparison.missing).toBeNull()
    await vi.waitFor(() => expect(comparison.difference).not.toBeNull())
  })

  it('is asked for the class of the same name', async () => {
    const { inspection } = await compared()
    inspection.choices.classIndex = 2
    inspection.choices.method = 'gradient'
    await vi.waitFor(() => {
      const maps = asked.filter(({ route, input }) => route === 'inspect.map' && modelOf(input) === 'second')
      expect(maps.at(-1)?.input['recipe']).toMatchObject({ method: 'gradient', classIndex: 0 })
    })
  })

  it('is let go with its maps', async () => {
    const { comparison } = await compared()
    comparison.close()
    await vi.waitFor(() => expect(comparison.maps.mapOf('attention')).toBeNull())
    expect(comparison.info).toBeNull()
    expect(comparison.difference).toBeNull()
  })
})
