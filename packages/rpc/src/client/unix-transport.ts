// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, DescMethod, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type {
  Interceptor,
  StreamRequest,
  StreamResponse,
  Transport,
  UnaryRequest,
  UnaryResponse,
} from '@connectrpc/connect'
import { CanceledError, InternalError } from '@containerd-ts/errdefs'
import type { ClientHttp2Session } from 'node:http2'
import { createContextValues } from '../context-values.ts'
import { applyInterceptors } from '../interceptors.ts'
import { encodeFrame } from '../wire/frames.ts'
import type { MetadataInit } from '../wire/metadata.ts'
import { abortError, ClientCall } from './client-call.ts'
import { SessionHolder } from './session.ts'

export interface UnixTransportOptions {
  /** Path of the socket, with or without `unix://`. */
  readonly address: string
  /** How long connecting may take. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Keeps trying, with back-off, to reach a server that does not listen yet. Default: fail at once. */
  readonly waitForReady?: boolean
  /** Largest message either way, in bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number
  /** For calls that give none. Default: no limit. */
  readonly defaultTimeoutMs?: number
  /** Metadata of every call; a call's own wins. */
  readonly headers?: Readonly<Record<string, string>>
  readonly interceptors?: readonly Interceptor[]
  readonly userAgent?: string
  /** Called each time a connection that stood has ended, by either side. */
  readonly onLost?: () => void
}

/** A Connect transport that owns a connection. Calls fail with errdefs' classes, never with Connect's. */
export interface UnixTransport extends Transport, AsyncDisposable {
  /** Cuts the connection; calls under way fail as Unavailable. Idempotent. */
  close(): Promise<void>
}

export const createUnixTransport = (options: UnixTransportOptions): UnixTransport => new LeanTransport(options)

const defaultMaxBytes = 16 * 1024 * 1024

class LeanTransport implements UnixTransport {
  readonly #options: UnixTransportOptions
  readonly #holder: SessionHolder
  readonly #maxBytes: number
  readonly #interceptors: readonly Interceptor[]

  constructor(options: UnixTransportOptions) {
    this.#options = options
    this.#maxBytes = options.maxMessageBytes ?? defaultMaxBytes
    this.#interceptors = options.interceptors ?? []
    this.#holder = new SessionHolder({
      path: options.address.replace(/^unix:(?:\/\/)?/, ''),
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      waitForReady: options.waitForReady ?? false,
      onLost: options.onLost,
    })
  }

  close(): Promise<void> {
    return this.#holder.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  unary: Transport['unary'] = async (method, signal, timeoutMs, header, input, contextValues) => {
    const message = create(method.input, input)
    const next = async (request: UnaryRequest | StreamRequest): Promise<UnaryResponse> => {
      const frame = this.#encode(method.input, request.message as Message)
      const call = await this.#open(method, request.signal, timeoutMs, request.header)
      call.endSend(frame)
      const bytes = await call.source.single('response').catch((error: unknown) => {
        call.cancel(error) // of no effect unless the error is ours
        throw error
      })
      return {
        stream: false,
        service: method.parent,
        method,
        message: decode(method.output, bytes),
        header: await call.responded,
        trailer: call.trailer,
      }
    }
    const request: UnaryRequest = { ...common(method, signal, header, contextValues), stream: false, method, message }
    return (await applyInterceptors(next, this.#interceptors)(request)) as UnaryResponse<
      typeof method.input,
      typeof method.output
    >
  }

  stream: Transport['stream'] = async (method, signal, timeoutMs, header, input, contextValues) => {
    const next = async (request: UnaryRequest | StreamRequest): Promise<StreamResponse> => {
      const call = await this.#open(method, request.signal, timeoutMs, request.header)
      void this.#sendAll(call, method.input, request.message as AsyncIterable<MessageInitShape<DescMessage>>)
      const responseHeader = await call.responded
      return {
        stream: true,
        service: method.parent,
        method,
        header: responseHeader,
        get trailer() {
          return call.trailer
        },
        message: responses(call, method.output),
      }
    }
    const message = input as AsyncIterable<MessageShape<typeof method.input>>
    const request: StreamRequest = { ...common(method, signal, header, contextValues), stream: true, method, message }
    return (await applyInterceptors(next, this.#interceptors)(request)) as StreamResponse<
      typeof method.input,
      typeof method.output
    >
  }

  async #open(
    method: DescMethod,
    signal: AbortSignal,
    timeoutMs: number | undefined,
    header: Headers,
  ): Promise<ClientCall> {
    if (signal.aborted) throw abortError(signal.reason)
    const { headers, defaultTimeoutMs, userAgent = 'containerd-ts' } = this.#options
    for (const [name, value] of Object.entries(headers ?? {})) if (!header.has(name)) header.set(name, value)
    const limitMs = timeoutMs === undefined ? defaultTimeoutMs : timeoutMs <= 0 ? undefined : timeoutMs
    const begin = Date.now()
    for (let attempt = 0; ; attempt++) {
      const session = await this.#session(signal, limitMs)
      try {
        return new ClientCall(session, {
          path: `/${method.parent.typeName}/${method.name}`,
          headers: header,
          userAgent,
          maxReceiveBytes: this.#maxBytes,
          timeoutMs: limitMs === undefined ? undefined : Math.max(0, limitMs - (Date.now() - begin)),
          signal,
        })
      } catch (error) {
        // The session went away since it was handed out; nothing was sent, so a new one may be tried.
        this.#holder.discard(session)
        if (attempt > 0) throw new InternalError('open http2 stream', { cause: error })
      }
    }
  }

  async #session(signal: AbortSignal, limitMs: number | undefined): Promise<ClientHttp2Session> {
    const session = this.#holder.get()
    if (!(session instanceof Promise)) return session
    const { promise, reject } = Promise.withResolvers<never>()
    const onAbort = (): void => reject(abortError(signal.reason))
    const late = (): void => reject(abortError(new DOMException('', 'TimeoutError')))
    const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([session, promise])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Never rejects: a source that fails ends the call with its error. */
  async #sendAll(
    call: ClientCall,
    schema: DescMessage,
    input: AsyncIterable<MessageInitShape<DescMessage>>,
  ): Promise<void> {
    const messages = input[Symbol.asyncIterator]()
    call.onSettled = () => void messages.return?.().catch(() => {})
    try {
      for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
        if (call.settled) return
        await call.send(this.#encode(schema, create(schema, next.value)))
      }
      call.endSend()
    } catch (error) {
      call.cancel(error)
    }
  }

  #encode(schema: DescMessage, message: Message): Buffer {
    return encodeFrame(toBinary(schema, message), this.#maxBytes)
  }
}

async function* responses(call: ClientCall, schema: DescMessage): AsyncGenerator<Message> {
  try {
    for (let bytes = await call.source.next(); bytes !== undefined; bytes = await call.source.next()) {
      yield decode(schema, bytes)
    }
  } finally {
    // Reached early when the reader leaves its loop.
    call.cancel(new CanceledError('context canceled'))
  }
}

function decode(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(schema, bytes)
  } catch (cause) {
    throw new InternalError(`decode ${schema.typeName}`, { cause })
  }
}

const common = (
  method: DescMethod,
  signal: AbortSignal | undefined,
  header: MetadataInit,
  contextValues: UnaryRequest['contextValues'] | undefined,
) => ({
  service: method.parent,
  requestMethod: 'POST',
  url: `http://localhost/${method.parent.typeName}/${method.name}`,
  signal: signal ?? neverAborted,
  header: new Headers(header),
  contextValues: contextValues ?? createContextValues(),
})

const neverAborted = new AbortController().signal
