// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { formatTable, narrow, tabbed, wide } from './table.ts'

describe('table', () => {
  it('pads all cells but the last by at least the padding', () => {
    expect(
      formatTable(
        [
          ['REF', 'TYPE', ''],
          ['a', 'long type', ''],
        ],
        narrow,
      ),
    ).toBe('REF TYPE      \na   long type \n')
  })

  it('leaves a last cell as it is', () => {
    expect(
      formatTable(
        [
          ['PID', 'INFO'],
          ['1', '-'],
        ],
        { ...narrow, padding: 4 },
      ),
    ).toBe('PID    INFO\n1      -\n')
  })

  it('keeps to the minimum width', () => {
    expect(
      formatTable(
        [
          ['a', ''],
          ['b', ''],
        ],
        { ...wide, padding: 1 },
      ),
    ).toBe('a   \nb   \n')
  })

  it('fills with tabs up to the next stop', () => {
    expect(
      formatTable(
        [
          ['DIGEST', 'SIZE', 'AGE'],
          ['sha256:12345', '1kB', 'x'],
        ],
        tabbed,
      ),
    ).toBe('DIGEST\t\tSIZE\tAGE\nsha256:12345\t1kB\tx\n')
  })

  it('measures a column over adjacent rows that have the cell', () => {
    const rows = [['ID', 'TIME', ''], ['x', 'now', ''], [''], ['METRIC', 'VALUE', ''], ['a', '1', '']]
    expect(formatTable(rows, narrow)).toBe('ID TIME \nx  now  \n\nMETRIC VALUE \na      1     \n')
  })

  it('gives an empty column no width', () => {
    expect(
      formatTable(
        [
          ['', 'a', ''],
          ['', 'b', ''],
        ],
        narrow,
      ),
    ).toBe('a \nb \n')
  })

  it('counts characters, not bytes', () => {
    expect(
      formatTable(
        [
          ['äö', ''],
          ['abc', ''],
        ],
        narrow,
      ),
    ).toBe('äö  \nabc \n')
  })

  it('is empty without rows', () => {
    expect(formatTable([], narrow)).toBe('')
  })
})
