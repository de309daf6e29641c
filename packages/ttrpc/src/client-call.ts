// SPDX-License-Identifier: Apache-2.0
import {
  CanceledError,
  codeOf,
  Code,
  DataLossError,
  DeadlineExceededError,
  fromWireStatus,
  ResourceExhaustedError,
} from '@containerd-ts/errdefs'
import { AsyncQueue, deadline, type Deadline } from '@containerd-ts/lifecycle'
import type { FrameSink, TtrpcConnection } from './client-connection.ts'
import type { TtrpcClosedError } from './closed-error.ts'
import { decodeResponse, encodeRequest } from './envelope.ts'
import { FrameFlag, FrameType, MAX_MESSAGE_BYTES, type Frame } from './frame.ts'
import { metadataOf, NAMESPACE_KEY, type MetadataInit } from './metadata.ts'
import type { Method } from './method.ts'

export interface TtrpcCallOptions {
  /** Gives up on the call. The server is not told: the protocol has no cancel. */
  readonly signal?: AbortSignal | undefined
  /** Limit of the call; the server receives what is left of it. Streams carry none to the server. */
  readonly timeoutMs?: number | undefined
  readonly metadata?: MetadataInit | undefined
  /** Sent as `containerd-namespace-ttrpc`. */
  readonly namespace?: string | undefined
}

/** Messages a stream keeps before its reader takes them; more stall the connection. */
const INBOUND_LIMIT = 5

/** One call on the wire: request out, frames in, given up when its signal fires. */
export class ClientCall implements FrameSink, Disposable {
  readonly #connection: TtrpcConnection
  readonly #method: Method
  readonly #inbound = new AsyncQueue<unknown>(INBOUND_LIMIT)
  readonly #limit: Deadline
  readonly #streamId: number
  readonly #onAbort = (): void => this.#finish(abortError(this.#limit.signal))
  #ended = false

  constructor(connection: TtrpcConnection, method: Method, payload: Uint8Array, options: TtrpcCallOptions) {
    this.#connection = connection
    this.#method = method
    this.#limit = deadline(options.timeoutMs, options.signal, method.name)
    try {
      if (this.#limit.signal.aborted) throw abortError(this.#limit.signal)
      this.#streamId = this.#open(payload, options)
    } catch (error) {
      this.#limit[Symbol.dispose]()
      throw error
    }
    this.#limit.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Next message from the server, or nothing at the stream's end. @throws the call's failure */
  async receive(): Promise<unknown> {
    const result = await this.#inbound.next()
    return result.done === true ? undefined : result.value
  }

  /** Sends a stream's next message once there is room. @throws {TtrpcClosedError} */
  async send(message: unknown): Promise<void> {
    const payload = this.#method.input.encode(message)
    if (payload.length > MAX_MESSAGE_BYTES) throw oversized(payload.length)
    if (!this.#ended) await this.#connection.send(this.#streamId, payload)
  }

  closeSend(): void {
    if (!this.#ended) this.#connection.closeSend(this.#streamId)
  }

  /** True once the server has answered, or the call failed. */
  get ended(): boolean {
    return this.#ended
  }

  onFrame(frame: Frame): void | Promise<void> {
    if (frame.type === FrameType.Response) return this.#onResponse(frame.body)
    if (frame.type !== FrameType.Data) return undefined
    const wait = (frame.flags & FrameFlag.NoData) === 0 ? this.#deliver(frame.body) : undefined
    if ((frame.flags & FrameFlag.RemoteClosed) !== 0) this.#finish()
    return wait
  }

  onClosed(error: TtrpcClosedError): void {
    this.#finish(error)
  }

  /** Gives up on what has not arrived. */
  [Symbol.dispose](): void {
    if (!this.#ended) this.#finish(new CanceledError('call was left'))
  }

  #open(payload: Uint8Array, { timeoutMs, metadata, namespace }: TtrpcCallOptions): number {
    const kind = this.#method.kind
    const body = encodeRequest({
      service: this.#method.service,
      method: this.#method.name,
      payload,
      timeoutNano: timeoutMs === undefined || kind !== 'unary' ? 0n : BigInt(Math.max(1, Math.round(timeoutMs * 1e6))),
      metadata: metadataOf(metadata, namespace === undefined ? undefined : { [NAMESPACE_KEY]: namespace }),
    })
    if (body.length > MAX_MESSAGE_BYTES) throw oversized(body.length)
    const flags = {
      unary: 0,
      server_streaming: FrameFlag.RemoteClosed,
      client_streaming: FrameFlag.RemoteOpen,
      bidi_streaming: FrameFlag.RemoteOpen,
    }
    return this.#connection.open(flags[kind], body, this)
  }

  #onResponse(body: Uint8Array): void {
    try {
      const { status, payload } = decodeResponse(body)
      if (status !== undefined && status.code !== Code.Ok) {
        this.#finish(fromWireStatus(status.code, status.message))
        return
      }
      this.#inbound.offer(this.#method.output.decode(payload))
      this.#finish()
    } catch (cause) {
      this.#finish(new DataLossError(`${this.#method.name}: malformed response`, { cause }))
    }
  }

  #deliver(payload: Uint8Array): Promise<void> | undefined {
    try {
      const message = this.#method.output.decode(payload)
      if (this.#inbound.size >= INBOUND_LIMIT) return this.#inbound.push(message).then(() => {})
      this.#inbound.offer(message)
    } catch (cause) {
      this.#finish(new DataLossError(`${this.#method.name}: malformed message`, { cause }))
    }
    return undefined
  }

  #finish(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#connection.forget(this.#streamId)
    this.#limit.signal.removeEventListener('abort', this.#onAbort)
    this.#limit[Symbol.dispose]()
    this.#inbound.close(error)
  }
}

function abortError(signal: AbortSignal): Error {
  const cause: unknown = signal.reason
  if (
    cause instanceof Error &&
    codeOf(cause) !== Code.Unknown &&
    cause.name !== 'AbortError' &&
    cause.name !== 'TimeoutError'
  )
    return cause
  return codeOf(cause) === Code.DeadlineExceeded
    ? new DeadlineExceededError('context deadline exceeded', { cause })
    : new CanceledError('context canceled', { cause })
}

const oversized = (lengthBytes: number): ResourceExhaustedError =>
  new ResourceExhaustedError(`message length ${lengthBytes} exceed maximum message size of ${MAX_MESSAGE_BYTES}`)
