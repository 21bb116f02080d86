import { expect, it } from 'vitest'
import { BoundedCache } from '@engine/inspect/boundedCache'

it('drops what was not used for longest once the limit is passed', () => {
  const released: string[] = []
  const cache = new BoundedCache<string>(10, (value) => released.push(value))
  cache.set('a', 'A', 4)
  cache.set('b', 'B', 4)
  expect(cache.get('a')).toBe('A')
  cache.set('c', 'C', 4)
  expect(released).toEqual(['B'])
  expect(cache.get('b')).toBeUndefined()
  expect(cache.get('a')).toBe('A')
})

it('keeps one value that is heavier than the limit, alone', () => {
  const cache = new BoundedCache<string>(10)
  cache.set('a', 'A', 4)
  cache.set('huge', 'H', 100)
  expect(cache.get('huge')).toBe('H')
  expect(cache.get('a')).toBeUndefined()
  cache.set('b', 'B', 1)
  expect(cache.get('huge')).toBeUndefined()
})

it('releases everything when cleared', () => {
  const released: string[] = []
  const cache = new BoundedCache<string>(10, (value) => released.push(value))
  cache.set('a', 'A', 1)
  cache.set('a', 'A2', 1)
  cache.clear()
  expect(released).toEqual(['A', 'A2'])
})
