// SPDX-License-Identifier: Apache-2.0
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { DataSchema, WindowUpdateSchema } from '@containerd-ts/api/types/transfer/streaming_pb'
import type { ByteSink, CallOptions, MessageStream } from '@containerd-ts/core'
import { InvalidArgumentError, isUnavailable, UnavailableError } from '@containerd-ts/errdefs'
import { toAny } from './any.ts'

/** What a receiver grants at a time: enough that a sender need not wait. Up to twice as much is under way. */
const windowBytes = 4 * 1024 * 1024
/** Pieces cost time each; any peer takes a message of this size. The original grants, and so gets, less. */
const maxDataBytes = 1024 * 1024
const maxCredit = 2 ** 31 - 1

/**
 * Bytes that the peer sends, with room for another window granted whenever less than that is left. Ends with the
 * stream, which is closed at the end; `return()` closes it at once, so that a read under way ends too.
 * @throws {InvalidArgumentError} a message of another type @throws {UnavailableError} the peer is gone
 */
export function receivedBytes(stream: MessageStream, options?: CallOptions): AsyncIterableIterator<Uint8Array> {
  const bytes = receiveAll(stream, options)
  return {
    next: () => bytes.next(),
    return: () => {
      stream.close()
      return bytes.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function* receiveAll(stream: MessageStream, options?: CallOptions): AsyncGenerator<Uint8Array, undefined> {
  let window = 0
  try {
    for (;;) {
      if (window < windowBytes) {
        await grant(stream, options)
        window += windowBytes
      }
      const message = await stream.receive(options)
      if (message === undefined) return undefined
      const data = unpackMessage(DataSchema, toAny(message))?.data
      if (data === undefined)
        throw new InvalidArgumentError(`unexpected ${message.typeUrl} among the bytes of a stream`)
      window = Math.max(0, window - data.length)
      if (data.length > 0) yield data
    }
  } finally {
    stream.close()
  }
}

/** A peer that takes no more grants may still have sent bytes: reading finds out. */
async function grant(stream: MessageStream, options: CallOptions | undefined): Promise<void> {
  try {
    await stream.send(packMessage(WindowUpdateSchema, { update: windowBytes }), options)
  } catch (error) {
    if (!isUnavailable(error)) throw error
  }
}

/** Sends bytes as fast as the peer grants room. Disposal ends the stream. */
export class StreamSink implements ByteSink {
  readonly #stream: MessageStream
  #credit = 0

  constructor(stream: MessageStream) {
    this.#stream = stream
  }

  /** @throws {UnavailableError} the peer takes no more @throws {InvalidArgumentError} it sent something else than grants */
  async write(bytes: Uint8Array, options?: CallOptions): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      while (this.#credit <= 0) this.#credit = await this.#granted(options)
      const data = bytes.subarray(at, at + Math.min(maxDataBytes, this.#credit))
      await this.#stream.send(packMessage(DataSchema, { data }), options)
      at += data.length
      this.#credit -= data.length
    }
  }

  async #granted(options: CallOptions | undefined): Promise<number> {
    const message = await this.#stream.receive(options)
    if (message === undefined) throw new UnavailableError('receiver of a byte stream is gone')
    const update = unpackMessage(WindowUpdateSchema, toAny(message))?.update
    if (update === undefined)
      throw new InvalidArgumentError(`unexpected ${message.typeUrl} from the receiver of a byte stream`)
    if (update <= 0) throw new InvalidArgumentError(`window update of ${update} bytes`)
    return Math.min(this.#credit + update, maxCredit)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.close()
    return Promise.resolve()
  }
}
