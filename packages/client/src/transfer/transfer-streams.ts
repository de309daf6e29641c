// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import type { Client } from '@connectrpc/connect'
import type { Streaming } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import type { CallOptions, MessageStream } from '@containerd-ts/core'
import { CanceledError } from '@containerd-ts/errdefs'
import { deadline, untilAborted } from '@containerd-ts/lifecycle'
import type { Scope } from '../proxy/scope.ts'
import { OpenedStream } from './opened-stream.ts'

/** How long a daemon that was told to stop may take to tidy up before nobody waits for it any more. */
const tidyMs = 5000

/**
 * Streams that go with one transfer, and the work at this end of them. Work that fails ends the transfer with its
 * failure. Disposal cuts all streams off.
 */
export class TransferStreams implements AsyncDisposable {
  readonly #client: Client<typeof Streaming>
  readonly #scope: Scope
  readonly #owned = new AsyncDisposableStack()
  readonly #failed = new AbortController()
  readonly #work: Promise<void>[] = []
  #last: Promise<void> = Promise.resolve()
  /** Ends the transfer and all work for it: the caller's wish, or work that failed. */
  readonly signal: AbortSignal

  constructor(client: Client<typeof Streaming>, scope: Scope, { signal }: CallOptions) {
    this.#client = client
    this.#scope = scope
    this.signal = signal === undefined ? this.#failed.signal : AbortSignal.any([signal, this.#failed.signal])
  }

  /**
   * Opens a stream and works on it in the background.
   * @param prefix - of its id, which is what this answers
   */
  async open(prefix: string, work: (stream: MessageStream, options: CallOptions) => Promise<void>): Promise<string> {
    const id = streamId(prefix)
    const stream = this.#owned.use(await OpenedStream.open(this.#client, id, this.#scope, { signal: this.signal }))
    this.#work.push(this.#run(() => work(stream, { signal: this.signal })))
    return id
  }

  /** Opens a stream that the daemon ends when it is done with the transfer, however that ended. */
  openLast(prefix: string, work: (stream: MessageStream) => Promise<void>): Promise<string> {
    return this.open(prefix, (stream) => {
      this.#last = work(stream)
      return this.#last
    })
  }

  /** After the daemon's answer: waits for all work. @throws what went wrong at this end */
  async finish(): Promise<void> {
    await Promise.all(this.#work)
    this.#failed.signal.throwIfAborted()
  }

  /** After a transfer that failed: gives the daemon time to tidy up. @throws what went wrong at this end, if that was it */
  async abandon(): Promise<void> {
    using limit = deadline(tidyMs)
    await untilAborted(this.#last, limit.signal).catch(() => {})
    this.#failed.signal.throwIfAborted()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#failed.abort(new CanceledError('the transfer is over'))
    await this.#owned.disposeAsync()
    await Promise.all(this.#work)
  }

  async #run(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.signal.aborted) this.#failed.abort(error)
    }
  }
}

/** Such as the original makes them. */
const streamId = (prefix: string): string =>
  `${prefix}-${BigInt(Date.now()) * 1_000_000n}-${randomBytes(3).toString('base64url')}`
