// SPDX-License-Identifier: Apache-2.0
import type { Held } from './keyed-lock.ts'

/** At most `limit` holders at a time, first come first served. */
export class Semaphore {
  readonly limit: number
  #free: number
  readonly #waiting: { readonly grant: () => void; readonly signal: AbortSignal | undefined }[] = []

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`semaphore limit ${limit} must be a positive integer`)
    this.limit = limit
    this.#free = limit
  }

  /** Waits for a place. @throws the signal's reason when it fires first */
  async acquire(signal?: AbortSignal): Promise<Held> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free--
      return this.#held()
    }
    return new Promise<Held>((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(waiter)
        if (index >= 0) this.#waiting.splice(index, 1)
        reject(signal?.reason as Error)
      }
      const waiter = {
        signal,
        grant: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve(this.#held())
        },
      }
      this.#waiting.push(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Runs `work` in a place of its own. */
  async run<T>(work: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    using _held = await this.acquire(signal)
    return await work()
  }

  #held(): Held {
    let released = false
    return {
      [Symbol.dispose]: () => {
        if (released) return
        released = true
        const next = this.#waiting.shift()
        if (next === undefined) this.#free++
        else next.grant()
      },
    }
  }
}
