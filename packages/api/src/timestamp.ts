// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import type { Timestamp } from '@bufbuild/protobuf/wkt'

/** A point in time to the nanosecond. */
export interface PreciseTime {
  readonly date: Date
  /** Nanoseconds within the date's millisecond, 0 to 999 999. */
  readonly nanos: number
}

/** 0001-01-01T00:00:00Z: what a Go peer sends for a time that is not set, and reads back as one. */
const zeroSeconds = -62_135_596_800n

/**
 * The timestamp for a time; year 1 for one that is not set. Never leave a timestamp out for that: Go clients
 * read an absent one as 1970, which to them is a real time.
 */
export function toTimestamp(time: Date | PreciseTime | undefined): Timestamp {
  if (time === undefined) return create(TimestampSchema, { seconds: zeroSeconds })
  const { date, nanos } = time instanceof Date ? { date: time, nanos: 0 } : time
  const ms = date.getTime()
  const seconds = Math.floor(ms / 1000)
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 + nanos })
}

/** Whether the timestamp is the year 1. An absent one is not: on the wire it means 1970. */
export const isZeroTimestamp = (timestamp: Timestamp | undefined): boolean =>
  timestamp !== undefined && timestamp.seconds === zeroSeconds && timestamp.nanos === 0

/** The time, to the millisecond; undefined for an absent timestamp and for year 1. */
export const fromTimestamp = (timestamp: Timestamp | undefined): Date | undefined => preciseTime(timestamp)?.date

/** The time, to the nanosecond; undefined for an absent timestamp and for year 1. */
export function preciseTime(timestamp: Timestamp | undefined): PreciseTime | undefined {
  if (timestamp === undefined || isZeroTimestamp(timestamp)) return undefined
  const ms = Math.floor(timestamp.nanos / 1_000_000)
  return {
    date: new Date(Number(timestamp.seconds) * 1000 + ms),
    nanos: timestamp.nanos - ms * 1_000_000,
  }
}
