// SPDX-License-Identifier: Apache-2.0
import { InternalError, UnimplementedError, UnknownError } from '@containerd-ts/errdefs'
import { FrameParser } from './frames.ts'
import type { Frame } from './frames.ts'
import { inflateMessage, plainMessage } from './gzip.ts'

/** The side of a stream that back-pressure needs. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

interface End {
  readonly error?: Error | undefined
}

/** Above this many bytes in whole messages the stream is paused; its own window bounds the rest. */
const highWaterBytes = 256 * 1024

/**
 * Messages of one direction of one call, for one reader. Bytes are pushed in; the stream they come from is
 * paused while the reader is behind. After `end` the messages that came before it are still delivered, after
 * `fail` they are not.
 */
export class MessageSource {
  readonly #stream: Pausable
  readonly #parser: FrameParser
  readonly #maxBytes: number
  readonly #queue: Frame[] = []
  #queuedBytes = 0
  #paused = false
  #end: End | undefined
  #wake: (() => void) | undefined
  /** The peer's grpc-encoding, set before the first message is read. */
  encoding: string | undefined

  constructor(stream: Pausable, maxBytes: number) {
    this.#stream = stream
    this.#parser = new FrameParser(maxBytes)
    this.#maxBytes = maxBytes
  }

  /** Takes what the stream delivers; ignored after the end. A broken frame fails the source. */
  push(chunk: Buffer): void {
    if (this.#end !== undefined) return
    const before = this.#queue.length
    try {
      this.#parser.push(chunk, this.#queue)
    } catch (error) {
      this.fail(error)
      return
    }
    for (let i = before; i < this.#queue.length; i++) this.#queuedBytes += this.#queue[i]?.data.length ?? 0
    if (!this.#paused && this.#queuedBytes > highWaterBytes) {
      this.#paused = true
      this.#stream.pause()
    }
    if (this.#queue.length > before) this.#wakeReader()
  }

  /** No more bytes come. With an error the reader sees it after the messages. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return
    if (error === undefined && this.#parser.partial) {
      this.#end = { error: new InternalError('protocol error: stream ended inside a message') }
    } else {
      this.#end = { error: error === undefined ? undefined : toError(error) }
    }
    this.#wakeReader()
  }

  /** Ends at once: what is queued is dropped, and so is what still comes. */
  fail(error: unknown): void {
    if (this.#end?.error !== undefined) return
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#end = { error: toError(error) }
    if (this.#paused) {
      this.#paused = false
      this.#stream.resume()
    }
    this.#wakeReader()
  }

  /** The next message, or undefined at a clean end. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#queue.shift()
      if (frame !== undefined) {
        this.#queuedBytes -= frame.data.length
        if (this.#paused && this.#queuedBytes <= highWaterBytes / 2) {
          this.#paused = false
          this.#stream.resume()
        }
        return plainMessage(frame) ?? inflateMessage(frame, this.encoding, this.#maxBytes)
      }
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error
        return undefined
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The only message. @throws {UnimplementedError} there is none, or more than one */
  async single(what: string): Promise<Uint8Array> {
    const first = await this.next()
    if (first === undefined) throw new UnimplementedError(`protocol error: missing ${what} message`)
    if ((await this.next()) !== undefined)
      throw new UnimplementedError(`protocol error: received extra ${what} message`)
    return first
  }

  #wakeReader(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** Abort reasons may be anything; what is thrown is an error. */
const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new UnknownError(String(reason)))
