// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@containerd-ts/errdefs'

/** One writer per ref: virtual writers have none in the backend that would see to it. */
export class RefWriters {
  readonly #since = new Map<string, Date>()

  /** @throws {UnavailableError} the ref has a writer; retry with back-off */
  acquire(namespace: string, ref: string): Disposable {
    const key = `${namespace}\0${ref}`
    const since = this.#since.get(key)
    if (since !== undefined) {
      throw new UnavailableError(
        `ref ${ref} locked for ${Date.now() - since.getTime()}ms (since ${since.toISOString()})`,
      )
    }
    const own = new Date()
    this.#since.set(key, own)
    return {
      [Symbol.dispose]: () => {
        if (this.#since.get(key) === own) this.#since.delete(key)
      },
    }
  }
}
