// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** Gives up after this; 10 s when absent. */
  readonly timeoutMs?: number
  /** Time between tries; 20 ms when absent. */
  readonly everyMs?: number
  /** Errors of the probe that no further try can mend: rethrown at once. */
  readonly giveUp?: (error: unknown) => boolean
}

/**
 * Tries until `probe` returns something other than undefined or false, and returns that.
 * A probe that throws counts as not yet; the last error is the cause of the failure.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20, giveUp = () => false }: EventuallyOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>
      cause = undefined
    } catch (error) {
      if (giveUp(error)) throw error
      cause = error
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause })
    await sleep(everyMs)
  }
}
