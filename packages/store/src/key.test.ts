// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeKey, encodeKey, isShortened, rangeBelow, type Key } from './key.ts'

const none = Buffer.alloc(0)
const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '\0', 'a\0', 'a\0\u0001', 'ä'),
  fc.maxSafeNat(),
)
const key = fc.array(part, { maxLength: 4 })

/** Order that keys promise: part by part, numbers before strings, strings by UTF-8 bytes. */
function compare(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i]!
    const y = b[i]!
    if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1
    const order = typeof x === 'number' ? x - (y as number) : Buffer.compare(Buffer.from(x), Buffer.from(y as string))
    if (order !== 0) return Math.sign(order)
  }
  return Math.sign(a.length - b.length)
}

describe('keys', () => {
  it('come back as they went in', () => {
    fc.assert(
      fc.property(key, (parts) => {
        expect(decodeKey(encodeKey(none, parts), 0)).toEqual(parts)
      }),
    )
  })

  it('sort as their parts do', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Buffer.compare(encodeKey(none, a), encodeKey(none, b))).toBe(compare(a, b))
      }),
    )
  })

  it('lie in the range of every prefix of theirs, and in no other', () => {
    fc.assert(
      fc.property(key, key, (prefix, rest) => {
        const range = rangeBelow(encodeKey(none, prefix), undefined)
        const inside = encodeKey(none, [...prefix, ...rest])
        expect(Buffer.compare(range.start, inside)).toBeLessThanOrEqual(0)
        expect(Buffer.compare(inside, range.end)).toBeLessThan(0)
        const outside = encodeKey(none, rest)
        const isBelow = compare(rest.slice(0, prefix.length), prefix) === 0
        expect(Buffer.compare(range.start, outside) <= 0 && Buffer.compare(outside, range.end) < 0).toBe(isBelow)
      }),
    )
  })

  it('keep long strings apart and in order with their neighbours', () => {
    const long = 'x'.repeat(448)
    const keys = [[long], [long, 'below'], [`${long}a`], ['y']].map((parts) => encodeKey(none, parts))
    expect(keys.toSorted((a, b) => Buffer.compare(a, b))).toEqual(keys)
    expect(encodeKey(none, [`${long}a`])).not.toEqual(encodeKey(none, [`${long}b`]))
    expect(decodeKey(encodeKey(none, [`${long}a`]), 0)).toBeUndefined()
    expect(isShortened([`${long}a`])).toBe(true)
    expect(isShortened([long])).toBe(false)
  })

  it('refuse what they cannot hold', () => {
    expect(() => encodeKey(none, [-1])).toThrow('no unsigned integer')
    expect(() =>
      encodeKey(
        none,
        Array.from({ length: 5 }, () => 'x'.repeat(448)),
      ),
    ).toThrow('too long')
  })
})
