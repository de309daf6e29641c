// SPDX-License-Identifier: Apache-2.0

const two = (value: number): string => String(value).padStart(2, '0')

/** RFC 3339 with the local offset, as the files of an ingest hold it. */
export function formatTimestamp(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  const offset =
    minutes === 0
      ? 'Z'
      : `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const fraction =
    date.getMilliseconds() === 0 ? '' : `.${String(date.getMilliseconds()).padStart(3, '0').replace(/0+$/, '')}`
  return `${day}T${time}${fraction}${offset}`
}

/** Reads what `formatTimestamp` or the original wrote, with up to nine digits of a second; `undefined` when it is neither. */
export function parseTimestamp(text: string): Date | undefined {
  const date = new Date(text.trim().replace(/(\.\d{3})\d+/, '$1'))
  return Number.isNaN(date.getTime()) ? undefined : date
}
