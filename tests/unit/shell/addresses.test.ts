import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentType, parseAddress } from '../../../src/main/shell/addresses'

describe('parseAddress', () => {
  test('knows the four rooms', () => {
    expect(parseAddress('vitrine://app/')).toEqual({ kind: 'page', segments: ['index.html'] })
    expect(parseAddress('vitrine://app/assets/main-1.js?x#y')).toEqual({
      kind: 'page',
      segments: ['assets', 'main-1.js'],
    })
    expect(parseAddress('vitrine://app/artifact/123/attention-1.npy')).toEqual({
      kind: 'artifact',
      processId: 123,
      file: 'attention-1.npy',
    })
    const dataset = '/home/ada/data sets/flowers'
    expect(parseAddress(`vitrine://app/dataset/${encodeURIComponent(dataset)}/12`)).toEqual({
      kind: 'record',
      dataset,
      index: 12,
    })
    expect(parseAddress('vitrine://app/evaluation/run-1/best-val/confusion.npy')).toEqual({
      kind: 'evaluation',
      runId: 'run-1',
      name: 'best-val',
      file: 'confusion.npy',
    })
  })

  test.each([
    'https://app/index.html',
    'vitrine://other/index.html',
    'not an address',
    'vitrine://app/..%2f..%2fpackage.json',
    'vitrine://app/assets/..%5c..%5cpackage.json',
    'vitrine://app/assets/%00',
    'vitrine://app/assets//main.js',
    'vitrine://app/C:/windows',
    'vitrine://app/%E0%A4%A',
    'vitrine://app/artifact/123',
    'vitrine://app/artifact/123/',
    'vitrine://app/artifact/x/file.png',
    'vitrine://app/artifact/-1/file.png',
    'vitrine://app/artifact/123/..%2f..%2frun.json',
    'vitrine://app/artifact/123/folder/file.png',
    'vitrine://app/artifact/..%2f/file.png',
    'vitrine://app/dataset/sample%3Ashapes',
    'vitrine://app/dataset/sample%3Ashapes/-1',
    'vitrine://app/dataset/sample%3Ashapes/1.5',
    'vitrine://app/dataset//1',
    'vitrine://app/evaluation/run-1/best-val/evaluation.json',
    'vitrine://app/evaluation/run-1/..%2f..%2fother/confusion.npy',
    'vitrine://app/evaluation/%2e%2e%2f/best-val/confusion.npy',
    'vitrine://app/evaluation/run-1/confusion.npy',
  ])('refuses %s', (address) => {
    expect(parseAddress(address)).toBeNull()
  })

  test('climbing with plain dots stays inside the app', () => {
    expect(parseAddress('vitrine://app/../../package.json')).toEqual({ kind: 'page', segments: ['package.json'] })
    expect(parseAddress('vitrine://app/artifact/1/%2e%2e/x')).toBeNull()
  })

  test('no address names anything but plain segments', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('..', '.', '%2e%2e', '..%2f', '%5c', 'a'))),
        (parts) => {
          const address = parseAddress(`vitrine://app/${parts.join('/')}`)
          if (address?.kind !== 'page') return
          for (const segment of address.segments) {
            expect(segment).not.toMatch(/^\.{0,2}$|[/\\\0:]/)
          }
        },
      ),
    )
  })
})

describe('contentType', () => {
  test.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['assets/main-1.JS', 'text/javascript; charset=utf-8'],
    ['a.css', 'text/css; charset=utf-8'],
    ['overlay.png', 'image/png'],
    ['attention-1.npy', 'application/octet-stream'],
    ['without-ending', 'application/octet-stream'],
  ])('%s is %s', (file, type) => {
    expect(contentType(file)).toBe(type)
  })
})
