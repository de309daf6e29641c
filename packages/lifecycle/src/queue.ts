// SPDX-License-Identifier: Apache-2.0
/**
 * A queue with one or more readers. `push` waits while `limit` items lie unread, so a slow reader slows its
 * writers; `offer` never waits. Ends once closed and empty.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #limit: number
  readonly #items: T[] = []
  readonly #readers: ((result: IteratorResult<T> | Promise<never>) => void)[] = []
  readonly #writers: (() => void)[] = []
  #closed = false
  #error: unknown

  /** @param limit - unread items before `push` waits; unbounded when absent */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit
  }

  get size(): number {
    return this.#items.length
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Adds without waiting, past the limit if need be; false once closed. */
  offer(item: T): boolean {
    if (this.#closed) return false
    const reader = this.#readers.shift()
    if (reader === undefined) this.#items.push(item)
    else reader({ done: false, value: item })
    return true
  }

  /** Adds once there is room; false once closed. */
  async push(item: T): Promise<boolean> {
    while (!this.#closed && this.#items.length >= this.#limit) {
      await new Promise<void>((resolve) => this.#writers.push(resolve))
    }
    return this.offer(item)
  }

  /** No more items. Readers drain what is there, then end, or fail with `error`. */
  close(error?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    for (const writer of this.#writers.splice(0)) writer()
    for (const reader of this.#readers.splice(0)) reader(this.#end())
  }

  /** Next item; `done` at the end. */
  next(): Promise<IteratorResult<T>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift() as T
      this.#writers.shift()?.()
      return Promise.resolve({ done: false, value })
    }
    if (this.#closed) return Promise.resolve(this.#end())
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  /** Leaving the loop closes the queue and drops what is unread. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.next(),
      return: () => {
        this.#items.length = 0
        this.close()
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }
  }

  #end(): IteratorResult<T> | Promise<never> {
    if (this.#error === undefined) return { done: true, value: undefined }
    const error = this.#error
    this.#error = undefined
    return Promise.reject(error)
  }
}
