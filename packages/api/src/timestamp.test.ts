// SPDX-License-Identifier: Apache-2.0
import { toBinary } from '@bufbuild/protobuf'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'
import {
  fromTimestamp,
  isZeroTimestamp,
  maskPaths,
  preciseTime,
  splitFieldPath,
  toFieldMask,
  toTimestamp,
} from './index.ts'

describe('timestamps', () => {
  it('send an unset time as year 1, in a ten-byte varint', () => {
    const zero = toTimestamp(undefined)
    expect(Buffer.from(toBinary(TimestampSchema, zero)).toString('hex')).toBe('088092b8c398feffffff01')
    expect(isZeroTimestamp(zero)).toBe(true)
    expect(fromTimestamp(zero)).toBeUndefined()
  })

  it('tell an absent time from year 1', () => {
    expect(isZeroTimestamp(undefined)).toBe(false)
    expect(fromTimestamp(undefined)).toBeUndefined()
  })

  it('keep nanoseconds both ways', () => {
    const time = { date: new Date(1_700_000_000_123), nanos: 456_789 }
    expect(toTimestamp(time)).toMatchObject({ seconds: 1_700_000_000n, nanos: 123_456_789 })
    expect(preciseTime(toTimestamp(time))).toEqual(time)
  })

  it('put times before 1970 at the second below, with nanos counting up', () => {
    expect(toTimestamp(new Date(-1))).toMatchObject({ seconds: -1n, nanos: 999_000_000 })
    expect(fromTimestamp(toTimestamp(new Date(-1)))).toEqual(new Date(-1))
  })
})

describe('field masks', () => {
  it('treat an empty mask as none', () => {
    expect(maskPaths(undefined)).toBeUndefined()
    expect(maskPaths(toFieldMask([]))).toBeUndefined()
    expect(maskPaths(toFieldMask(['labels.a.b', 'target']))).toEqual(['labels.a.b', 'target'])
  })

  it('take all after the first dot as one key', () => {
    expect(splitFieldPath('labels.containerd.io/gc.root')).toEqual({ field: 'labels', key: 'containerd.io/gc.root' })
    expect(splitFieldPath('target')).toEqual({ field: 'target', key: undefined })
  })
})
