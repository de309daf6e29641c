// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest'
import { parseTimestamp } from './timestamp.ts'

it.each([
  ['2024-02-29T12:30:00Z', '2024-02-29T12:30:00.000Z'],
  ['2024-01-01T00:00:00.123456789Z', '2024-01-01T00:00:00.123Z'],
  ['2024-01-01T00:00:00,5Z', '2024-01-01T00:00:00.500Z'],
  ['2024-01-01T00:00:00+01:30', '2023-12-31T22:30:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
])('%s is a time', (text, iso) => {
  expect(new Date(parseTimestamp(text) ?? Number.NaN).toISOString()).toBe(iso)
})

it.each([
  '',
  '2020',
  '2020-01-01',
  '2020-01-01T00:00Z',
  '2020-01-01T00:00:00',
  '2020-01-01 00:00:00Z',
  '2020-01-01t00:00:00z',
  '2020-01-01T24:00:00Z',
  '2020-13-01T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2020-01-01T00:00:00+0100',
  'Wed, 01 Jan 2020 00:00:00 GMT',
  '1577836800000',
])('"%s" is none', (text) => {
  expect(parseTimestamp(text)).toBeUndefined()
})
