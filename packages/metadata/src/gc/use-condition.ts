// SPDX-License-Identifier: Apache-2.0
import type { Labels } from '@containerd-ts/core'
import { parseTimestamp } from './timestamp.ts'

/** When the snapshot was used last, on the snapshot itself: RFC 3339. */
export const usedAtLabel = 'containerd.io/gc.cond.value-usedat'

/** Time since the last use, compared with a duration. */
export interface UseCondition {
  readonly operator: '<' | '>'
  readonly ms: number
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
}

/** Parses `usedat<24h,usedat>1m`; leaves out what is malformed or unknown, so that the other conditions still hold. */
export function parseUseConditions(text: string): readonly UseCondition[] {
  const conditions: UseCondition[] = []
  for (const part of text.split(',')) {
    const found = /^usedat([<>])(.+)$/.exec(part.trim())
    const ms = parseDuration(found?.[2] ?? '')
    if (found !== null && ms !== undefined) conditions.push({ operator: found[1] === '<' ? '<' : '>', ms })
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

/** Go's spelling of a duration, such as `1h30m`, `-1.5s` or `0`. */
function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0
  if (!/^[+-]?(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0)
  }
  return text.startsWith('-') ? -total : total
}
