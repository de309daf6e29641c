// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { binarySize, decimalSize, humanDuration, joinLabels, labelList, parseLabels } from './units.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

describe('sizes', () => {
  it.each([
    [0, '0.0 B'],
    [12, '12.0 B'],
    [1023, '1023.0 B'],
    [1024, '1.0 KiB'],
    [3.5 * 1024 * 1024, '3.5 MiB'],
    [2 ** 60, '1.0 EiB'],
  ])('%d bytes are %s', (bytes, text) => expect(binarySize(bytes)).toBe(text))

  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [3_417_600, '3.418MB'],
    [1_000_000_000, '1GB'],
  ])('%d bytes are %s in decimal units', (bytes, text) => expect(decimalSize(bytes)).toBe(text))
})

describe('age', () => {
  it.each([
    [0, 'Less than a second'],
    [second, '1 second'],
    [59 * second, '59 seconds'],
    [minute, 'About a minute'],
    [46 * minute, '46 minutes'],
    [hour, 'About an hour'],
    [47 * hour, '47 hours'],
    [3 * day, '3 days'],
    [20 * day, '2 weeks'],
    [90 * day, '3 months'],
    [800 * day, '2 years'],
  ])('%d ms are %s', (ms, text) => expect(humanDuration(ms)).toBe(text))
})

describe('labels', () => {
  it('lists them sorted, and says when there are none', () => {
    expect(labelList({ b: '2', a: '1' })).toBe('a=1,b=2')
    expect(labelList({})).toBe('-')
    expect(labelList({}, '')).toBe('')
  })

  it('joins them in their own order', () => expect(joinLabels({ b: '2', a: '1' })).toBe('b=2,a=1'))

  it('reads arguments; a key alone means true, or what the command wants', () => {
    expect(parseLabels(['a=b=c', 'd'])).toEqual({ a: 'b=c', d: 'true' })
    expect(parseLabels(['d'], '')).toEqual({ d: '' })
  })
})
