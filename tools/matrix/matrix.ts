// SPDX-License-Identifier: Apache-2.0
import { cellClients, cellName, pairingName, pairings } from '@containerd-ts/testkit'
import type { Cell } from '@containerd-ts/testkit'

/** The part of vitest's JSON report that is read here. */
export interface ReportedTests {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly meta?: { readonly cells?: readonly string[] }
    }[]
  }[]
}

interface CellResult {
  readonly passed: number
  /** Full names of the tests that failed. */
  readonly failed: readonly string[]
}

export type Matrix = ReadonlyMap<string, CellResult>

const allCells: readonly Cell[] = cellClients.flatMap((client) => pairings.map((pairing) => ({ client, ...pairing })))

/** What a run of the tests proved of each cell, under the cell's name. */
export function matrixOf(report: ReportedTests): Matrix {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const resultOf = (name: string): CellResult => {
    const own = tests.filter(({ meta }) => meta?.cells?.includes(name))
    return {
      passed: own.filter(({ status }) => status === 'passed').length,
      failed: own.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    }
  }
  return new Map(allCells.map(cellName).map((name) => [name, resultOf(name)]))
}

/** One line for each cell that is red or that nothing proved. */
export function faultsOf(matrix: Matrix): readonly string[] {
  return [...matrix].flatMap(([name, { passed, failed }]) => {
    if (failed.length > 0) return failed.map((test) => `${name}: failed: ${test}`)
    return passed === 0 ? [`${name}: no test ran`] : []
  })
}

/** Clients by pairings; a cell holds the number of tests that passed. */
export function markdownOf(matrix: Matrix): string {
  const line = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line('client', ...pairings.map(pairingName)),
    line('---', ...pairings.map(() => '---:')),
    ...cellClients.map((client) =>
      line(client, ...pairings.map((pairing) => cellText(matrix.get(cellName({ client, ...pairing }))))),
    ),
  ].join('\n')
}

function cellText(result: CellResult | undefined): string {
  if (result === undefined || (result.passed === 0 && result.failed.length === 0)) return 'not run'
  return result.failed.length === 0 ? `${result.passed}` : `**${result.failed.length} failed**, ${result.passed} passed`
}

const [start, end] = ['<!-- matrix:start -->', '<!-- matrix:end -->']

/** The document with this table between its two marks. */
export function withMatrix(document: string, table: string): string {
  const [from, to] = [document.indexOf(start), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the document lacks ${start} and ${end}`)
  return `${document.slice(0, from + start.length)}\n${table}\n${document.slice(to)}`
}
