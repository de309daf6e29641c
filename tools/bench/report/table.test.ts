// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import type { Comparison } from '../measures/measure.ts'
import { digits, table, verdict } from './table.ts'

const line: Comparison = {
  id: 'run',
  title: 'run a container',
  unit: 'ms',
  better: 'lower',
  ours: [200, 300, 100],
  theirs: [100, 100, 100],
  failures: [],
}

describe('the table', () => {
  it('shows medians, the median of the ratios and who is ahead', () => {
    const [, row = ''] = table([line]).split('\n')
    expect(row.split(/ {2,}/)).toEqual([
      'run a container',
      'ms',
      'lower',
      '200',
      '100',
      '2.00',
      '1.00 to 3.00',
      'Go 2.00 times better',
    ])
  })

  it('keeps the columns under each other', () => {
    const [head = '', first = '', second = ''] = table([line, { ...line, title: 'x', better: 'higher' }]).split('\n')
    expect(first.indexOf('ms')).toBe(head.indexOf('unit'))
    expect(second.indexOf('ms')).toBe(head.indexOf('unit'))
  })

  it('shows what failed, and that it has no figure', () => {
    const row = table([{ ...line, ours: [], failures: ['ours: no such command'] }]).split('\n')[1]
    expect(row).toMatch(/- +100 +- +failed$/)
  })
})

describe('verdict', () => {
  it('knows which direction is better', () => {
    expect(verdict(2, 'lower')).toBe('Go 2.00 times better')
    expect(verdict(2, 'higher')).toBe('ours 2.00 times better')
    expect(verdict(0.25, 'lower')).toBe('ours 4.00 times better')
    expect(verdict(1.02, 'lower')).toBe('level')
    expect(verdict(Number.NaN, 'lower')).toBe('')
  })
})

describe('digits', () => {
  it.each([
    [1234.5, '1235'],
    [123.4, '123'],
    [12.34, '12.3'],
    [1.234, '1.23'],
    [0.1234, '0.123'],
    [0.01234, '0.0123'],
    [0, '0'],
    [Number.NaN, '-'],
  ])('%d is %s', (value, text) => {
    expect(digits(value)).toBe(text)
  })
})
