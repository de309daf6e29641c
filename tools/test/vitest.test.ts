// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { sum, tallyOf, type VitestReport } from './vitest.ts'

const report = (over: Partial<VitestReport> = {}): VitestReport => ({
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{}, {}, {}] }],
  ...over,
})

describe('tally of a vitest run', () => {
  it('counts passed, and skipped with todo', () => {
    expect(tallyOf(report(), true)).toEqual({ passed: 3, failed: 0, skipped: 2 })
  })

  it('counts a file that broke before its first test', () => {
    const broken = report({ success: false, testResults: [{ status: 'failed', assertionResults: [] }] })
    expect(tallyOf(broken, false).failed).toBe(1)
  })

  it('never calls a run that ended badly free of failures', () => {
    expect(tallyOf(report(), false).failed).toBe(1)
    expect(tallyOf(report({ numFailedTests: 2, success: false }), false).failed).toBe(2)
  })

  it('adds up', () => {
    const one = { passed: 1, failed: 2, skipped: 3 }
    expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 })
  })
})
