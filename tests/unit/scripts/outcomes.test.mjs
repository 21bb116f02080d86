import { describe, expect, it } from 'vitest'
import { honest, playwrightOutcome, vitestOutcome } from '../../../scripts/testing/stages.mjs'

describe('counts of npm test', () => {
  it('counts a test file that could not be loaded as one failure', () => {
    const report = {
      numPassedTests: 3,
      numFailedTests: 1,
      testResults: [
        { status: 'passed', assertionResults: [{ status: 'passed' }] },
        { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
        { status: 'failed', assertionResults: [] },
      ],
    }
    expect(vitestOutcome(report)).toEqual({ passed: 3, failed: 2 })
  })

  it('counts a flaky window test as failed, and errors outside tests too', () => {
    const report = { stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }, errors: [{ message: 'broken' }] }
    expect(playwrightOutcome(report)).toEqual({ passed: 4, failed: 3 })
  })

  it('turns a bad end without a failed test into a failure', () => {
    expect(honest(1, { passed: 5, failed: 0 })).toEqual({ passed: 5, failed: 1 })
    expect(honest(1, vitestOutcome(null))).toEqual({ passed: 0, failed: 1 })
  })

  it('does not take an empty stage for a good one', () => {
    expect(honest(0, { passed: 0, failed: 0 })).toEqual({ passed: 0, failed: 1 })
    expect(honest(0, { passed: 5, failed: 0 })).toEqual({ passed: 5, failed: 0 })
  })
})
