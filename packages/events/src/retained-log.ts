// SPDX-License-Identifier: Apache-2.0
import type { Envelope } from '@containerd-ts/core'

/** The last envelopes, in publish order, up to a count: the oldest go first. */
export class RetainedLog {
  readonly #limit: number
  readonly #ring: Envelope[] = []
  #oldest = 0

  /** @param limit - envelopes to keep; 0 keeps none */
  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 0) throw new RangeError(`retained events ${limit} must be 0 or more`)
    this.#limit = limit
  }

  get size(): number {
    return this.#ring.length
  }

  add(envelope: Envelope): void {
    if (this.#ring.length < this.#limit) {
      this.#ring.push(envelope)
    } else if (this.#limit > 0) {
      this.#ring[this.#oldest] = envelope
      this.#oldest = (this.#oldest + 1) % this.#limit
    }
  }

  /** Envelopes stamped at `since` or later. Forwarded ones carry their sender's clock, so none is skipped over. */
  from(since: Date): Envelope[] {
    return this.all().filter(({ timestamp }) => timestamp.getTime() >= since.getTime())
  }

  all(): readonly Envelope[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)]
  }
}
