// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { TypedAny } from './typed-any.ts'

/** A two-way stream of typed messages, seen from the daemon. One reader and one writer at a time. */
export interface MessageStream {
  /**
   * Sends a message. Resolves once the buffer towards the peer has room for more.
   * @throws {UnavailableError} the stream has ended
   */
  send(message: TypedAny, options?: CallOptions): Promise<void>
  /**
   * The next message; absent once the peer sends no more, or the stream was closed here.
   * @throws {UnavailableError} the peer is gone without an end
   */
  receive(options?: CallOptions): Promise<TypedAny | undefined>
  /** Ends the stream in both directions. Messages already sent still arrive. Idempotent. */
  close(): void
  /** Fires when the stream has ended, by either side. */
  readonly closed: AbortSignal
}

export interface RegisterStreamOptions {
  /** The lease that the stream lives with; without one it lives as long as its connection. */
  readonly lease?: string | undefined
}

/**
 * Streams that clients have opened for other calls to use, by namespace and an id of the client's choice. The
 * namespace may be empty. A stream leaves the table when it ends.
 */
export interface StreamManager {
  /** @throws {AlreadyExistsError} the id is taken @throws {InvalidArgumentError} it is empty */
  register(namespace: string, id: string, stream: MessageStream, options?: RegisterStreamOptions): void
  /** @throws {NotFoundError} */
  get(namespace: string, id: string): MessageStream
}
