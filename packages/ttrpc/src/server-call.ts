// SPDX-License-Identifier: Apache-2.0
import {
  CanceledError,
  Code,
  DeadlineExceededError,
  describe,
  toWireStatus,
  type WireStatus,
} from '@containerd-ts/errdefs'
import { AsyncQueue } from '@containerd-ts/lifecycle'
import type { RequestEnvelope } from './envelope.ts'
import type { CallContext, RegisteredMethod } from './service.ts'

/** Messages a stream may queue before its handler reads them. */
const INBOUND_LIMIT = 5
const MAX_TIMER_MS = 2 ** 31 - 1

/** Where a call's output goes; the connection implements it. */
export interface CallOutput {
  /** One message of a stream. */
  message(payload: Uint8Array): Promise<void> | undefined
  /** Orderly end of a stream that has no single reply. */
  end(): void
  /** The single reply. */
  reply(payload: Uint8Array): Promise<void> | undefined
  fail(status: WireStatus, error: unknown): Promise<void> | undefined
}

/** One request being handled, unary or stream. */
export class ServerCall {
  readonly #registered: RegisteredMethod
  readonly #abort = new AbortController()
  readonly #inbound: AsyncQueue<unknown> | undefined
  readonly #timer: NodeJS.Timeout | undefined

  constructor(registered: RegisteredMethod, timeoutNano: bigint) {
    this.#registered = registered
    const kind = registered.method.kind
    if (kind === 'client_streaming' || kind === 'bidi_streaming') this.#inbound = new AsyncQueue(INBOUND_LIMIT)
    if (timeoutNano < 0n) this.#expire()
    else if (timeoutNano > 0n) {
      const timeoutMs = Math.min(Number(timeoutNano / 1_000_000n) + 1, MAX_TIMER_MS)
      this.#timer = setTimeout(() => this.#expire(), timeoutMs)
    }
  }

  /** False when the client opened no stream, so data frames have no business here. */
  get isStream(): boolean {
    return this.#registered.method.kind !== 'unary'
  }

  /** A message from the client. @throws when it cannot be decoded or the client had closed its side */
  receive(payload: Uint8Array): Promise<void> | undefined {
    if (this.#inbound === undefined || this.#inbound.closed) throw new Error('stream is closed for sending')
    const message = this.#registered.method.input.decode(payload)
    if (this.#inbound.size >= INBOUND_LIMIT) return this.#inbound.push(message).then(() => {})
    this.#inbound.offer(message)
    return undefined
  }

  /** The client sends no more. */
  closeInbound(): void {
    this.#inbound?.close()
  }

  /** The connection is gone. */
  cancel(): void {
    this.#abort.abort(new CanceledError('connection closed'))
    this.#inbound?.close(this.#abort.signal.reason)
  }

  /** Runs the handler to its end; never rejects. */
  async run(request: RequestEnvelope, output: CallOutput): Promise<void> {
    try {
      await this.#handle(request, output)
    } catch (error) {
      await output.fail(toWireStatus(error), error)
    } finally {
      clearTimeout(this.#timer)
      this.#inbound?.close()
    }
  }

  async #handle(request: RequestEnvelope, output: CallOutput): Promise<void> {
    const { method, handler } = this.#registered
    const call: CallContext = { signal: this.#abort.signal, metadata: request.metadata, method }
    let input: unknown
    try {
      input = this.#input(request.payload)
    } catch (error) {
      await output.fail(
        { code: Code.Internal, message: `ttrpc: error unmarshalling payload: ${describe(error)}` },
        error,
      )
      return
    }
    if (method.kind === 'unary' || method.kind === 'client_streaming') {
      await output.reply(this.#encode(await handler(input, call)))
      return
    }
    for await (const message of handler(input, call) as AsyncIterable<unknown>) {
      this.#abort.signal.throwIfAborted()
      await output.message(this.#encode(message))
    }
    output.end()
  }

  /** A stream's request carries its first message only when it carries anything. */
  #input(payload: Uint8Array): unknown {
    if (this.#inbound === undefined) return this.#registered.method.input.decode(payload)
    if (payload.length > 0) void this.receive(payload)
    return this.#inbound
  }

  #encode(message: unknown): Uint8Array {
    if (message === undefined || message === null) throw new Error('ttrpc: marshal called with nil')
    return this.#registered.method.output.encode(message)
  }

  #expire(): void {
    this.#abort.abort(new DeadlineExceededError('context deadline exceeded'))
    this.#inbound?.close(this.#abort.signal.reason)
  }
}
