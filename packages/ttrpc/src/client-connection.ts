// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { UnavailableError } from '@containerd-ts/errdefs'
import { deadline } from '@containerd-ts/lifecycle'
import { TtrpcClosedError } from './closed-error.ts'
import { FrameFlag, FrameType, MAX_MESSAGE_BYTES, type Frame } from './frame.ts'
import { FrameSocket } from './frame-socket.ts'

/** A call or stream waiting for frames. */
export interface FrameSink {
  /** A promise stalls the whole connection until it settles. */
  onFrame(frame: Frame): void | Promise<void>
  onClosed(error: TtrpcClosedError): void
}

export interface TtrpcConnectionOptions {
  /** Called exactly once, after every call has failed, when the connection has ended for whatever reason. */
  readonly onClose?: (() => void) | undefined
}

export interface ConnectOptions extends TtrpcConnectionOptions {
  readonly signal?: AbortSignal | undefined
  /** Limit of the dial. Default 100 000. */
  readonly timeoutMs?: number | undefined
}

/** The client's end of one connection; shared by any number of concurrent calls. */
export class TtrpcConnection implements AsyncDisposable {
  readonly #frames: FrameSocket
  readonly #sinks = new Map<number, FrameSink>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #onClose: (() => void) | undefined
  #nextStreamId = 1
  #cause: Error | undefined

  constructor(socket: Duplex, options: TtrpcConnectionOptions = {}) {
    this.#onClose = options.onClose
    this.#frames = new FrameSocket(socket, {
      onFrame: (frame) => this.#onFrame(frame),
      onClose: (error) => this.#onClosed(error),
    })
  }

  /** Dials a unix socket; a path that starts with NUL is abstract. @throws the system's error, ENOENT or ECONNREFUSED */
  static async connect(path: string, options: ConnectOptions = {}): Promise<TtrpcConnection> {
    const socket = await dial(path, options)
    return new TtrpcConnection(socket, options)
  }

  get closed(): boolean {
    return this.#frames.closed
  }

  /** Resolves once the connection has ended and the on-close callback has run. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /**
   * Takes a fresh stream id and writes the request, in one step, so that ids on the wire always rise.
   * @throws {TtrpcClosedError}
   */
  open(flags: number, body: Uint8Array, sink: FrameSink): number {
    if (this.closed) throw this.#closedError()
    const streamId = this.#nextStreamId
    this.#nextStreamId += 2
    this.#sinks.set(streamId, sink)
    void this.#frames.write(streamId, FrameType.Request, flags, body)
    return streamId
  }

  /** Sends a message on an open stream. @throws {TtrpcClosedError} */
  async send(streamId: number, payload: Uint8Array): Promise<void> {
    if (this.closed) throw this.#closedError()
    await this.#frames.write(streamId, FrameType.Data, FrameFlag.None, payload)
  }

  /** Tells the server that a stream gets no more messages: always a frame of its own, without a body. */
  closeSend(streamId: number): void {
    void this.#frames.write(streamId, FrameType.Data, FrameFlag.RemoteClosed | FrameFlag.NoData, new Uint8Array(0))
  }

  /** Gives up on a stream; the protocol has no cancel, so its late frames are dropped here. */
  forget(streamId: number): void {
    this.#sinks.delete(streamId)
  }

  /** Ends the connection; every call in flight fails with `ttrpc: closed`. */
  close(): void {
    this.#frames.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.#gone.promise
  }

  #onFrame(frame: Frame): void | Promise<void> {
    if (frame.lengthBytes > MAX_MESSAGE_BYTES) {
      this.#frames.destroy(new Error(`frame of ${frame.lengthBytes} bytes exceeds ${MAX_MESSAGE_BYTES}`))
      return undefined
    }
    return this.#sinks.get(frame.streamId)?.onFrame(frame)
  }

  #onClosed(error: Error | undefined): void {
    this.#cause = error
    const sinks = [...this.#sinks.values()]
    this.#sinks.clear()
    for (const sink of sinks) sink.onClosed(this.#closedError())
    try {
      this.#onClose?.()
    } finally {
      this.#gone.resolve()
    }
  }

  #closedError(): TtrpcClosedError {
    return this.#cause === undefined ? new TtrpcClosedError() : new TtrpcClosedError({ cause: this.#cause })
  }
}

async function dial(path: string, { signal, timeoutMs = 100_000 }: ConnectOptions): Promise<Socket> {
  using limit = deadline(timeoutMs, signal, `dial ${path}`)
  limit.signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ path })
  const onAbort = (): void => reject(limit.signal.reason as Error)
  limit.signal.addEventListener('abort', onAbort, { once: true })
  socket.once('error', (cause) => reject(new UnavailableError(`dial ${path}`, { cause })))
  socket.once('connect', () => resolve(socket))
  try {
    return await promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    socket.removeAllListeners('error')
    limit.signal.removeEventListener('abort', onAbort)
  }
}
