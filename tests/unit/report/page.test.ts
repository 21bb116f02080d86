import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thinned } from '@engine/report/curveSection'
import { html } from '@engine/report/html'
import { lineChart } from '@engine/report/lineChart'
import { paragraph, renderPage, table } from '@engine/report/page'
import { flattened } from '@engine/report/settingsSection'
import { axisTicks } from '@engine/report/ticks'

describe('HTML', () => {
  it('escapes whatever is put into it, also inside of attributes', () => {
    const hostile = `"><script>alert('1') & more</script>`
    const { text } = html`<p title="${hostile}">${hostile}</p>`
    expect(text).not.toContain('<script')
    expect(text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;) &amp; more&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;) &amp; more&lt;/script&gt;</p>',
    )
  })

  it('leaves pieces of HTML as they are, and escapes once', () => {
    const inner = html`<b>${'a & b'}</b>`
    expect(html`<p>${inner}${[inner, inner]}</p>`.text).toBe('<p><b>a &amp; b</b><b>a &amp; b</b><b>a &amp; b</b></p>')
  })
})

describe('a page', () => {
  const page = renderPage({
    title: '<img src=x onerror=alert(1)>',
    subtitle: 'run & more',
    sections: [{ id: 'one', title: 'One', body: html`${paragraph('text')}${table(['a'], [['<b>']], [])}` }],
  })

  it('may fetch nothing and run nothing', () => {
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).toContain('default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;')
    expect(page).not.toMatch(/<script|<link|https?:\/\/|@import|url\(/)
  })

  it('shows names as they were typed', () => {
    expect(page).toContain('<title>&lt;img src=x onerror=alert(1)&gt;</title>')
    expect(page).toContain('&lt;b&gt;')
    expect(page).not.toContain('<img')
  })
})

describe('charts', () => {
  it('mark round numbers within the range', () => {
    expect(axisTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(axisTicks(0.13, 2.4, 5)).toEqual([0.5, 1, 1.5, 2])
    expect(axisTicks(3, 3, 5)).toEqual([3])
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (low, span) => {
          const ticks = axisTicks(low, low + span, 5)
          const slack = 1e-6 * Math.max(Math.abs(low), span)
          expect(ticks.length).toBeGreaterThan(0)
          expect(ticks.length).toBeLessThan(12)
          for (const tick of ticks) expect(tick >= low - slack && tick <= low + span + slack).toBe(true)
        },
      ),
    )
  })

  it('put a line where its values are', () => {
    const line = {
      name: 'loss',
      points: [
        [0, 0],
        [10, 1],
      ] as const,
      colour: 'accent',
      width: 2,
    }
    const { text } = lineChart({
      label: 'Loss',
      xName: 'epoch',
      lines: [line],
      width: 400,
      height: 200,
      formatX: String,
      formatY: String,
    })
    // From the lower left corner of the plot to its upper right one.
    expect(text).toContain('points="56,160 386,26"')
    expect(text).toContain('stroke="var(--accent)"')
  })

  it('are nothing without points, and a dot with one', () => {
    const chart = (points: [number, number][]) =>
      lineChart({
        label: 'x',
        xName: 'x',
        lines: [{ name: 'x', points, colour: 'accent', width: 1 }],
        width: 400,
        height: 200,
        formatX: String,
        formatY: String,
      }).text
    expect(chart([])).toBe('')
    expect(chart([[1, 5]])).toContain('<circle')
    expect(chart([[1, 5]])).not.toContain('NaN')
  })

  it('keep the mean of points that are thinned out', () => {
    const points = Array.from({ length: 8000 }, (_, index) => [index, index % 2] as const)
    const kept = thinned(points)
    expect(kept).toHaveLength(400)
    expect(kept[0]).toEqual([9.5, 0.5])
  })
})

it('settings are named by their dotted path', () => {
  expect(flattened({ a: { b: 1, c: null }, d: [1, 2], e: 'text' })).toEqual([
    ['a.b', '1'],
    ['a.c', 'none'],
    ['d', '[1,2]'],
    ['e', 'text'],
  ])
})
