import { describe, expect, it } from 'vitest'
import { networkReason, retryAfterSeconds, validatorOf } from '@engine/data/download/answers'
import { TransferProgress } from '@engine/data/download/transferProgress'
import { recordingContext } from '../data/imageFiles'

describe('retryAfterSeconds', () => {
  it('reads seconds and dates', () => {
    const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
    expect(retryAfterSeconds('120', now)).toBe(120)
    expect(retryAfterSeconds('Wed, 21 Oct 2026 07:29:30 GMT', now)).toBe(90)
    expect(retryAfterSeconds('Wed, 21 Oct 2026 07:00:00 GMT', now)).toBe(0)
    expect(retryAfterSeconds('soon', now)).toBeNull()
    expect(retryAfterSeconds(null, now)).toBeNull()
  })
})

describe('validatorOf', () => {
  it('prefers a strong tag, then the date', () => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    expect(validatorOf(new Headers({ etag: '"a"', 'last-modified': date }))).toBe('"a"')
    expect(validatorOf(new Headers({ etag: 'W/"a"', 'last-modified': date }))).toBe(date)
    expect(validatorOf(new Headers({ etag: 'W/"a"' }))).toBeNull()
  })
})

describe('networkReason', () => {
  it('finds the cause behind what fetch throws', () => {
    const cause = Object.assign(new Error('connect'), { code: 'ENETUNREACH' })
    expect(networkReason(new TypeError('fetch failed', { cause }))).toBe('the network is not there')
    const certificate = Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })
    expect(networkReason(new TypeError('fetch failed', { cause: certificate }))).toMatch(/certificate is not trusted/)
    expect(networkReason(new TypeError('terminated'))).toBe('the connection broke')
  })
})

describe('TransferProgress', () => {
  it('reckons with the pace of this try, not with what was there before', () => {
    let now = 0
    const context = recordingContext()
    const progress = new TransferProgress(context, () => now)
    progress.report(50e6, 100e6)
    now = 1000
    progress.report(60e6, 100e6)
    now = 1050
    progress.report(61e6, 100e6)
    expect(context.events).toEqual([
      { type: 'progress', progress: { stage: 'Downloading megabytes', done: 50, total: 100, secondsLeft: null } },
      { type: 'progress', progress: { stage: 'Downloading megabytes', done: 60, total: 100, secondsLeft: 4 } },
    ])
  })
})
