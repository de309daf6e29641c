// SPDX-License-Identifier: Apache-2.0
/** A lock held by whoever has this; disposal releases it, once. */
export type Held = Disposable

/**
 * Mutual exclusion per key, first come first served. Keys cost nothing while nobody holds them.
 */
export class KeyedLock<K = string> {
  readonly #tails = new Map<K, Promise<void>>()

  /** Waits for the key. @throws the signal's reason when it fires first; the place in the queue is given up */
  async acquire(key: K, signal?: AbortSignal): Promise<Held> {
    signal?.throwIfAborted()
    const before = this.#tails.get(key)
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const tail = before === undefined ? released : before.then(() => released)
    this.#tails.set(key, tail)
    const forget = (): void => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
    try {
      if (before !== undefined) await untilAborted(before, signal)
    } catch (error) {
      release()
      void tail.then(forget) // whoever was before still holds the key
      throw error
    }
    return {
      [Symbol.dispose]: () => {
        release()
        forget()
      },
    }
  }

  /** Takes the key if it is free. */
  tryAcquire(key: K): Held | undefined {
    if (this.#tails.has(key)) return undefined
    const { promise: tail, resolve: release } = Promise.withResolvers<void>()
    this.#tails.set(key, tail)
    return {
      [Symbol.dispose]: () => {
        release()
        if (this.#tails.get(key) === tail) this.#tails.delete(key)
      },
    }
  }

  /** Runs `work` while holding the key. */
  async run<T>(key: K, work: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    using _held = await this.acquire(key, signal)
    return await work()
  }

  /** Whether anybody holds or waits for the key. */
  isHeld(key: K): boolean {
    return this.#tails.has(key)
  }
}

/** Waits for `promise`, or rejects with the signal's reason, whichever is first. The promise itself goes on. */
export function untilAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise
  if (signal.aborted) return Promise.reject(signal.reason as Error)
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
