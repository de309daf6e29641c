// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/**
 * Milliseconds of a Go duration such as `1h2m3.5s`, `300ms` or `0`.
 * @throws {InvalidArgumentError} not a duration
 */
export function parseDuration(text: string): number {
  const [, sign, body] = /^([+-]?)(.*)$/.exec(text) ?? []
  if (body === '0') return 0
  const parts = [...(body ?? '').matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)]
  const length = parts.reduce((sum, [whole]) => sum + whole.length, 0)
  if (parts.length === 0 || length !== body?.length) throw new InvalidArgumentError(`invalid duration "${text}"`)
  const ms = parts.reduce((sum, [, value, unit]) => sum + Number(value) * (unitMs[unit ?? ''] ?? 0), 0)
  return sign === '-' ? -ms : ms
}
