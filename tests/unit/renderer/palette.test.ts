import { expect, it } from 'vitest'
import { matching } from '../../../src/renderer/stores/paletteSearch'

const entries = ['Data', 'Model', 'my-model run', 'remodelled'].map((title) => ({
  title,
  kind: 'Page',
  act: () => undefined,
}))
const titles = (query: string) => matching(entries, query).map(({ title }) => title)

it('lists all without a query', () => {
  expect(titles('  ')).toEqual(['Data', 'Model', 'my-model run', 'remodelled'])
})

it('puts what begins with a word before what holds it', () => {
  expect(titles('MODEL')).toEqual(['Model', 'my-model run', 'remodelled'])
})

it('wants every word', () => {
  expect(titles('run mod')).toEqual(['my-model run'])
  expect(titles('run data')).toEqual([])
})
