// SPDX-License-Identifier: Apache-2.0
import { cellClients, cellName, pairings, proves } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { faultsOf, markdownOf, matrixOf, withMatrix, type ReportedTests } from './matrix.ts'

const all = cellClients.flatMap((client) => pairings.map((pairing) => ({ client, ...pairing })))
const test = (fullName: string, status: string, ...cells: typeof all) => ({ fullName, status, ...proves(...cells) })
const report = (...assertionResults: readonly ReturnType<typeof test>[]): ReportedTests => ({
  testResults: [{ assertionResults: [{ fullName: 'of no cell', status: 'failed' }, ...assertionResults] }],
})
const [first] = all
if (first === undefined) throw new Error('no cells')

describe('matrix of clients, daemons and shims', () => {
  it('has every client with each daemon over each shim', () => {
    expect(new Set(all.map(cellName)).size).toBe(16)
    expect(cellName(first)).toBe('our ctr, our daemon, our shim')
  })

  it('counts a test for each cell that it proves', () => {
    const matrix = matrixOf(
      report(test('a', 'passed', ...all), test('b', 'passed', first), test('c', 'skipped', first)),
    )
    expect(faultsOf(matrix)).toEqual([])
    expect(markdownOf(matrix).split('\n').slice(0, 4)).toEqual([
      '| client | our daemon, our shim | our daemon, Go shim | Go daemon, our shim | Go daemon, Go shim |',
      '| --- | ---: | ---: | ---: | ---: |',
      '| our ctr | 2 | 1 | 1 | 1 |',
      '| Go ctr | 1 | 1 | 1 | 1 |',
    ])
  })

  it('finds red cells, and those that nothing proved', () => {
    const matrix = matrixOf(report(test('a', 'passed', ...all.slice(0, -1)), test('b', 'failed', first)))
    expect(faultsOf(matrix)).toEqual([
      'our ctr, our daemon, our shim: failed: b',
      'Docker, Go daemon, Go shim: no test ran',
    ])
    expect(markdownOf(matrix)).toMatch(/\*\*1 failed\*\*, 1 passed[^]*not run \|$/)
  })

  it('takes the place between its marks and touches nothing else', () => {
    const document = 'before\n<!-- matrix:start -->\nold\n<!-- matrix:end -->\nafter\n'
    const written = withMatrix(document, 'new')
    expect(written).toBe('before\n<!-- matrix:start -->\nnew\n<!-- matrix:end -->\nafter\n')
    expect(withMatrix(written, 'new')).toBe(written)
    expect(() => withMatrix('no marks', 'new')).toThrow('matrix:start')
  })
})
