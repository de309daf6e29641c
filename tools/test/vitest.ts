// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitOf } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { failedFiles, merged, unstableTests, type VitestReport } from './vitest-report.ts'

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Tests that failed, and passed when their file ran again. */
  readonly unstable: readonly string[]
}

/** Their files get a second run when they fail: they share a kernel, and a clock, with whatever else the machine does. */
const runAgain: readonly string[] = ['root', 'interop']

/** Runs one vitest project and counts its results. What vitest cannot attribute to a test counts as one failure. */
export async function runVitest(project: string, filters: readonly string[]): Promise<Tally> {
  const first = await runOnce(project, filters)
  const files = first.report === undefined ? [] : failedFiles(first.report)
  if (first.report === undefined || files.length === 0 || !runAgain.includes(project)) return tallyOf(first)
  console.log(`\n=== ${project}, once more: ${files.join(' ')}`)
  const second = await runOnce(project, files)
  if (second.report === undefined) return tallyOf(first)
  const report = merged(first.report, second.report)
  writeFileSync(reportPathOf(project), JSON.stringify(report))
  return { ...tallyOf({ report, endedWell: second.endedWell }), unstable: unstableTests(first.report, second.report) }
}

interface Run {
  /** Absent when vitest wrote none. */
  readonly report: VitestReport | undefined
  readonly endedWell: boolean
}

const reportPathOf = (project: string): string => join(repoRoot, '.cache', 'reports', `${project}.json`)

async function runOnce(project: string, filters: readonly string[]): Promise<Run> {
  const reportPath = reportPathOf(project)
  mkdirSync(join(reportPath, '..'), { recursive: true })
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
  const report = existsSync(reportPath) ? (JSON.parse(readFileSync(reportPath, 'utf8')) as VitestReport) : undefined
  return { report, endedWell: status === 0 }
}

export function tallyOf({ report, endedWell }: Run): Tally {
  if (report === undefined) return { passed: 0, failed: endedWell ? 0 : 1, skipped: 0, unstable: [] }
  // A file that fails before its first test has no failing test to be counted by.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const counted = report.numFailedTests + brokenFiles.length
  return {
    passed: report.numPassedTests,
    failed: counted === 0 && !(endedWell && report.success) ? 1 : counted,
    skipped: report.numPendingTests + report.numTodoTests,
    unstable: [],
  }
}

export const sum = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
      unstable: [...total.unstable, ...each.unstable],
    }),
    { passed: 0, failed: 0, skipped: 0, unstable: [] },
  )
