// SPDX-License-Identifier: Apache-2.0

/** The part of vitest's JSON report that is counted. */
export interface VitestReport {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly FileResult[]
}

interface FileResult {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly TestResult[]
}

interface TestResult {
  readonly fullName: string
  readonly status: string
}

export const failedFiles = ({ testResults }: VitestReport): string[] =>
  testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)

/** A report in which the files that ran again have their second results. */
export function merged(first: VitestReport, second: VitestReport): VitestReport {
  const again = new Map(second.testResults.map((file) => [file.name, file]))
  const testResults = first.testResults.map((file) => again.get(file.name) ?? file)
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const count = (...statuses: string[]): number => tests.filter(({ status }) => statuses.includes(status)).length
  return {
    ...first,
    success: testResults.every(({ status }) => status === 'passed'),
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending', 'skipped'),
    numTodoTests: count('todo'),
    testResults,
  }
}

/** What failed first and passed then; a file that broke as a whole goes by its name. */
export function unstableTests(first: VitestReport, second: VitestReport): string[] {
  const passed = new Set(
    second.testResults
      .flatMap((file) => [{ fullName: file.name, status: file.status }, ...file.assertionResults])
      .filter(({ status }) => status === 'passed')
      .map(({ fullName }) => fullName),
  )
  const failed = first.testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName)
    return tests.length > 0 || status !== 'failed' ? tests : [name]
  })
  return failed.filter((name) => passed.has(name))
}
