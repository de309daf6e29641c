// SPDX-License-Identifier: Apache-2.0
/** A time as Go prints it: `2024-01-02 03:04:05.678 +0000 UTC`, trailing zeros of the fraction dropped. */
export function goTime(time: Date, nanos = 0): string {
  const [date, clock] = time.toISOString().slice(0, 19).split('T')
  const fraction = String(time.getMilliseconds() * 1_000_000 + nanos)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${date ?? ''} ${clock ?? ''}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`
}
