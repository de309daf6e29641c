// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { exitOf } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The part of vitest's JSON report that is counted. */
export interface VitestReport {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** Runs one vitest project and counts its results. What vitest cannot attribute to a test counts as one failure. */
export async function runVitest(project: string, filters: readonly string[]): Promise<Tally> {
  const reportDir = join(repoRoot, '.cache', 'reports')
  const reportPath = join(reportDir, `${project}.json`)
  mkdirSync(reportDir, { recursive: true })
  rmSync(reportPath, { force: true })
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    `--project=${project}`,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
    ...filters,
  ]
  // Peers meet the programs that are shipped; `build` has run.
  const status = await exitOf(process.execPath, args, project === 'interop' ? { CONTAINERD_TS_DIST: '1' } : {})
  if (!existsSync(reportPath)) return { passed: 0, failed: status === 0 ? 0 : 1, skipped: 0 }
  return tallyOf(JSON.parse(readFileSync(reportPath, 'utf8')) as VitestReport, status === 0)
}

export function tallyOf(report: VitestReport, exitedWell: boolean): Tally {
  // A file that fails before its first test has no failing test to be counted by.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const counted = report.numFailedTests + brokenFiles.length
  return {
    passed: report.numPassedTests,
    failed: counted === 0 && !(exitedWell && report.success) ? 1 : counted,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

export const sum = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  )
