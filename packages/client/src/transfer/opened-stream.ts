// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Any, AnySchema } from '@bufbuild/protobuf/wkt'
import type { Client } from '@connectrpc/connect'
import { packMessage } from '@containerd-ts/api'
import { StreamInitSchema } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import type { Streaming } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import type { CallOptions, MessageStream, TypedAny } from '@containerd-ts/core'
import { DataLossError, UnavailableError } from '@containerd-ts/errdefs'
import { AsyncQueue, untilAborted } from '@containerd-ts/lifecycle'
import { fromAny, toAny } from '@containerd-ts/wire'
import type { Scope } from '../proxy/scope.ts'

/** Messages that wait for the daemon before `send` does. */
const outgoingLimit = 16

/** A stream of the daemon's, opened from here for another call to use. Disposal cuts it off. */
export class OpenedStream implements MessageStream, AsyncDisposable {
  readonly #outgoing = new AsyncQueue<MessageInitShape<typeof AnySchema>>(outgoingLimit)
  readonly #received: AsyncIterator<Any>
  readonly #cut = new AbortController()
  readonly #ended = new AbortController()
  /** A read that somebody gave up on; the next one takes it over. */
  #reading: Promise<IteratorResult<Any>> | undefined

  private constructor(client: Client<typeof Streaming>, scope: Scope) {
    const call = client.stream(this.#outgoing, scope({ signal: this.#cut.signal }))
    this.#received = call[Symbol.asyncIterator]()
  }

  /** Resolves once other calls can name the stream. @throws {AlreadyExistsError} the id is taken */
  static async open(
    client: Client<typeof Streaming>,
    id: string,
    scope: Scope,
    options: CallOptions,
  ): Promise<OpenedStream> {
    const stream = new OpenedStream(client, scope)
    try {
      stream.#outgoing.offer(packMessage(StreamInitSchema, { id }))
      const acknowledged = await stream.receive(options)
      if (acknowledged === undefined) throw new DataLossError(`stream ${id} ended before it began`)
      return stream
    } catch (error) {
      await stream[Symbol.asyncDispose]()
      throw error
    }
  }

  get closed(): AbortSignal {
    return this.#ended.signal
  }

  async send(message: TypedAny, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const either = options.signal === undefined ? this.closed : AbortSignal.any([options.signal, this.closed])
    const taken = await untilAborted(this.#outgoing.push(toAny(message)), either)
    if (!taken) throw new UnavailableError('stream has ended')
  }

  async receive({ signal }: CallOptions = {}): Promise<TypedAny | undefined> {
    if (this.closed.aborted) return undefined
    this.#reading ??= this.#received.next()
    let next: IteratorResult<Any>
    try {
      next = await untilAborted(this.#reading, signal)
    } catch (error) {
      if (signal?.aborted !== true) this.#end()
      throw error
    }
    if (next.done === true) {
      this.#end()
      return undefined
    }
    this.#reading = undefined
    return fromAny(next.value) ?? { typeUrl: '', value: new Uint8Array() }
  }

  /** No more from this side; what the daemon still sends can be received. */
  close(): void {
    this.#outgoing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut.abort()
    this.#end()
    await (this.#reading ?? this.#received.next()).catch(() => {})
  }

  #end(): void {
    this.close()
    this.#ended.abort(new UnavailableError('stream has ended'))
  }
}
