// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { failedFiles, merged, unstableTests, type VitestReport } from './vitest-report.ts'
import { sum, tallyOf } from './vitest.ts'

const test = (fullName: string, status: string) => ({ fullName, status })
const passedFile = { name: '/a', status: 'passed', assertionResults: [test('a 1', 'passed'), test('a 2', 'skipped')] }

const report = (over: Partial<VitestReport> = {}): VitestReport => ({
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [passedFile],
  ...over,
})

describe('tally of a vitest run', () => {
  it('counts passed, and skipped with todo', () => {
    expect(tallyOf({ report: report(), endedWell: true })).toMatchObject({ passed: 3, failed: 0, skipped: 2 })
  })

  it('counts a file that broke before its first test', () => {
    const file = { name: '/b', status: 'failed', assertionResults: [] }
    const broken = report({ success: false, testResults: [file] })
    expect(tallyOf({ report: broken, endedWell: false }).failed).toBe(1)
  })

  it('never calls a run that ended badly free of failures', () => {
    expect(tallyOf({ report: report(), endedWell: false }).failed).toBe(1)
    expect(tallyOf({ report: undefined, endedWell: false }).failed).toBe(1)
    expect(tallyOf({ report: report({ numFailedTests: 2, success: false }), endedWell: false }).failed).toBe(2)
  })

  it('adds up', () => {
    const one = { passed: 1, failed: 2, skipped: 3, unstable: ['x'] }
    expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6, unstable: ['x', 'x'] })
  })
})

describe('a second run of the files that failed', () => {
  const tests = (one: string, two: string) => [test('b 1', one), test('b 2', two)]
  const first = report({
    success: false,
    testResults: [
      passedFile,
      { name: '/b', status: 'failed', assertionResults: tests('failed', 'failed') },
      { name: '/c', status: 'failed', assertionResults: [] },
    ],
  })

  it('is of those alone', () => {
    expect(failedFiles(first)).toEqual(['/b', '/c'])
  })

  it('counts in the place of the first, and names what passed only then', () => {
    const second = report({
      testResults: [
        { name: '/b', status: 'failed', assertionResults: tests('passed', 'failed') },
        { name: '/c', status: 'passed', assertionResults: [test('c 1', 'passed')] },
      ],
    })
    const both = merged(first, second)
    expect(tallyOf({ report: both, endedWell: false })).toMatchObject({ passed: 3, failed: 1, skipped: 1 })
    expect(unstableTests(first, second)).toEqual(['b 1', '/c'])
  })

  it('is a success when all passed then', () => {
    const second = report({
      testResults: [
        { name: '/b', status: 'passed', assertionResults: tests('passed', 'passed') },
        { name: '/c', status: 'passed', assertionResults: [] },
      ],
    })
    expect(tallyOf({ report: merged(first, second), endedWell: true })).toMatchObject({ passed: 3, failed: 0 })
  })
})
