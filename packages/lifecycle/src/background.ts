// SPDX-License-Identifier: Apache-2.0
/**
 * Owns background work: nothing floats. Disposal fires the signal that each piece of work received, waits for
 * all of it, and throws nothing; failures go to `onError` when they happen.
 */
export class Background implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>()
  readonly #controller = new AbortController()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Starts work that nobody waits for. Work started after disposal is refused silently. */
  run(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#controller.signal.aborted) return
    const running = (async () => {
      try {
        await work(this.#controller.signal)
      } catch (error) {
        if (!this.#controller.signal.aborted) this.#onError(error)
      }
    })()
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  /** Waits until nothing runs, without stopping anything. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.idle()
  }
}
