// SPDX-License-Identifier: Apache-2.0
const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const
const decimalUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'] as const

/** `3.5 MiB`: one decimal, 1024. */
export function binarySize(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < binaryUnits.length - 1; unit++) value /= 1024
  return `${value.toFixed(1)} ${binaryUnits[unit] ?? ''}`
}

/** `3.418MB`: at most four significant digits, 1000. */
export function decimalSize(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < decimalUnits.length - 1; unit++) value /= 1000
  return `${Number(value.toPrecision(4))}${decimalUnits[unit] ?? ''}`
}

/** Age in words, as the original's units package says it. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  const minutes = Math.floor(seconds / 60)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.floor(seconds / 3600 + 0.5)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}

/** Labels sorted and joined as the original lists them; `none` where there are none. */
export function labelList(labels: Readonly<Record<string, string>>, none = '-'): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? none : pairs.toSorted().join(',')
}

/** `k=v` arguments as labels; `k` alone means `whenAlone`. */
export function parseLabels(pairs: readonly string[], whenAlone = 'true'): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, whenAlone] : [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** Local time with its zone, RFC 3339 to the second. */
export function localTime(time: Date): string {
  const offset = -time.getTimezoneOffset()
  const local = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, 19)
  if (offset === 0) return `${local}Z`
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${local}${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}

/** Labels as the label commands print them. */
export const joinLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
