// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }
/** Timers cannot wait longer (24.8 days); nor does anyone. */
export const maxTimerMs = 2 ** 31 - 1

/** grpc-timeout: at most eight digits and a unit. @throws {InvalidArgumentError} */
export function parseTimeout(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const match = /^(\d{1,8})([HMSmun])$/.exec(value)
  if (match === null) throw new InvalidArgumentError(`protocol error: malformed grpc-timeout "${value}"`)
  return Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0)
}

/** The finest unit whose number fits eight digits, from milliseconds up. */
export function formatTimeout(timeoutMs: number): string {
  for (const unit of ['m', 'S', 'M', 'H']) {
    const count = Math.ceil(Math.max(0, timeoutMs) / (unitMs[unit] ?? 1))
    if (count < 1e8) return `${count}${unit}`
  }
  return '99999999H'
}
