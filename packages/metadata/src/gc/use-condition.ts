// SPDX-License-Identifier: Apache-2.0
import type { Labels } from '@containerd-ts/core'
import { parseDuration } from '@containerd-ts/lifecycle'
import { parseTimestamp } from './timestamp.ts'

/** When the snapshot was used last, on the snapshot itself: RFC 3339. */
export const usedAtLabel = 'containerd.io/gc.cond.value-usedat'

/** Time since the last use, compared with a duration. */
export interface UseCondition {
  readonly operator: '<' | '>'
  readonly ms: number
}

/** What counts as a duration here: Go's spelling, such as `1h30m`, `-1.5s` or `0`. */
const duration = /^[+-]?(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+)$/

/** Parses `usedat<24h,usedat>1m`; leaves out what is malformed or unknown, so that the other conditions still hold. */
export function parseUseConditions(text: string): readonly UseCondition[] {
  const conditions: UseCondition[] = []
  for (const part of text.split(',')) {
    const found = /^usedat([<>])(.+)$/.exec(part.trim())
    const length = found?.[2] ?? ''
    if (!duration.test(length)) continue
    conditions.push({ operator: found?.[1] === '<' ? '<' : '>', ms: parseDuration(length) })
  }
  return conditions
}

/** Whether one of the conditions holds for a snapshot with these labels; without a readable instant none does. */
export function isUsed(conditions: readonly UseCondition[], labels: Labels, now: Date): boolean {
  const usedAt = parseTimestamp(labels[usedAtLabel] ?? '')
  if (usedAt === undefined) return false
  const age = now.getTime() - usedAt
  return conditions.some(({ operator, ms }) => (operator === '<' ? age < ms : age > ms))
}
