// SPDX-License-Identifier: Apache-2.0
const pattern = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:[.,]\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Milliseconds since the epoch that an RFC 3339 time stands for; `undefined` for anything else. `Date.parse` alone takes
 * a bare year, other formats and days that no month has.
 */
export function parseTimestamp(text: string): number | undefined {
  const day = pattern.exec(text)?.[1]
  if (day === undefined || !isDay(day)) return undefined
  return Date.parse(text.replace(',', '.'))
}

function isDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
}
