// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@containerd-ts/errdefs'

/** Which refs have a writer now, and since when. In memory only: a lock dies with its process. */
export class RefLocks {
  readonly #since = new Map<string, Date>()

  /** @throws {UnavailableError} somebody holds `ref` */
  acquire(ref: string): Disposable {
    const since = this.#since.get(ref)
    if (since !== undefined) {
      const heldMs = Date.now() - since.getTime()
      throw new UnavailableError(`ref ${ref} locked for ${heldMs / 1000}s (since ${since.toISOString()})`)
    }
    const taken = new Date()
    this.#since.set(ref, taken)
    return {
      [Symbol.dispose]: () => {
        if (this.#since.get(ref) === taken) this.#since.delete(ref)
      },
    }
  }
}
