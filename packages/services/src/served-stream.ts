// SPDX-License-Identifier: Apache-2.0
import type { Any } from '@bufbuild/protobuf/wkt'
import type { CallOptions, MessageStream, TypedAny } from '@containerd-ts/core'
import { UnavailableError } from '@containerd-ts/errdefs'
import { AsyncQueue, sleep, untilAborted } from '@containerd-ts/lifecycle'
import { fromAny, toAny } from '@containerd-ts/wire'

/** Messages that wait for the peer before `send` does. */
const outgoingLimit = 16
/** Node's own clients end their messages before they reset a call: so long a reset may be under way. */
const resetMs = 20

/** A streaming RPC as others see it: they send and receive, the handler passes on what is sent. */
export class ServedStream implements MessageStream {
  readonly #requests: AsyncIterator<Any>
  readonly #outgoing = new AsyncQueue<Any>(outgoingLimit)
  readonly #ended = new AbortController()
  /** A read that somebody gave up on; the next one takes it over. */
  #reading: Promise<IteratorResult<Any>> | undefined
  #lost: unknown

  /** @param connection - fires when the peer is gone */
  constructor(requests: AsyncIterator<Any>, connection: AbortSignal) {
    this.#requests = requests
    if (connection.aborted) this.#end(connection.reason)
    else connection.addEventListener('abort', () => this.#end(connection.reason), { once: true })
  }

  get closed(): AbortSignal {
    return this.#ended.signal
  }

  async send(message: TypedAny, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const taken = await untilAborted(this.#outgoing.push(toAny(message)), options.signal)
    if (!taken) throw this.#gone()
  }

  async receive({ signal }: CallOptions = {}): Promise<TypedAny | undefined> {
    if (this.closed.aborted) return this.#atEnd()
    this.#reading ??= this.#requests.next()
    const either = signal === undefined ? this.closed : AbortSignal.any([signal, this.closed])
    let next: IteratorResult<Any>
    try {
      next = await untilAborted(this.#reading, either)
    } catch (error) {
      signal?.throwIfAborted()
      if (this.closed.aborted) return this.#atEnd()
      this.#end(error)
      return this.#atEnd()
    }
    if (next.done === true) {
      await sleep(resetMs, this.closed).catch(() => {}) // ends early when the peer turns out to be gone
      return this.#atEnd()
    }
    this.#reading = undefined
    return fromAny(next.value) ?? { typeUrl: '', value: new Uint8Array() }
  }

  close(): void {
    this.#end(undefined)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** What is sent, until the end. */
  outgoing(): AsyncIterable<Any> {
    return this.#outgoing
  }

  #end(lost: unknown): void {
    if (this.closed.aborted) return
    this.#lost = lost
    // The read that is under way ends with the RPC; nobody else hears of it.
    this.#reading?.catch(() => {})
    this.#ended.abort(new UnavailableError('stream has ended', { cause: lost }))
    this.#outgoing.close()
  }

  #atEnd(): undefined {
    if (this.#lost !== undefined) throw this.#gone()
    return undefined
  }

  #gone(): UnavailableError {
    return new UnavailableError('stream has ended', { cause: this.#lost })
  }
}
