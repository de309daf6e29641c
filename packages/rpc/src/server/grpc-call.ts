// SPDX-License-Identifier: Apache-2.0
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Message } from '@bufbuild/protobuf'
import type { Interceptor, MethodImplSpec } from '@connectrpc/connect'
import type { Logger } from '@containerd-ts/core'
import { CanceledError, Code, DeadlineExceededError, InternalError } from '@containerd-ts/errdefs'
import { constants } from 'node:http2'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { logFailure, toRpcStatus } from '../errors.ts'
import type { RpcStatus } from '../errors.ts'
import { encodeFrame } from '../wire/frames.ts'
import { acceptedEncodings, checkEncoding } from '../wire/gzip.ts'
import { MessageSource } from '../wire/message-source.ts'
import { addMetadata } from '../wire/metadata.ts'
import { percentEncode } from '../wire/percent.ts'
import { encodeStatus } from '../wire/status.ts'
import { maxTimerMs, parseTimeout } from '../wire/timeout.ts'
import { write } from '../wire/write.ts'
import { createLeanContext } from './call-context.ts'
import type { LeanContext } from './call-context.ts'
import { invokeStream, invokeUnary } from './invoke.ts'

/** What all calls of one server share. */
export interface GrpcCallSettings {
  readonly interceptors: readonly Interceptor[]
  readonly maxReceiveBytes: number
  readonly maxSendBytes: number
  readonly logger: Logger
}

/** How long a peer may keep a stream open that has had its answer. */
const lingerMs = 1000
/** Details beyond this are left out: they would not fit a peer's limit on the size of headers. */
const maxDetailsLength = 32 * 1024

/** One gRPC call on one HTTP/2 stream, from its headers to its trailers. The answer is sent exactly once. */
export class GrpcCall {
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #settings: GrpcCallSettings
  readonly #controller = new AbortController()
  readonly #source: MessageSource
  #context: LeanContext | undefined
  #deadline: NodeJS.Timeout | undefined
  #state: 'open' | 'responding' | 'answered' = 'open'
  /** For the trailers of a call whose headers are out. */
  #status: RpcStatus = ok

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, settings: GrpcCallSettings) {
    this.#stream = stream
    this.#headers = headers
    this.#settings = settings
    this.#source = new MessageSource(stream, settings.maxReceiveBytes)
    stream.on('data', (chunk: Buffer) => this.#source.push(chunk))
    stream.on('end', () => this.#source.end())
    stream.on('error', () => {}) // 'close' follows and says it all
    stream.on('close', () => this.#closed())
  }

  /** Ends the call with an error, and the handler through its signal. */
  abort(error: unknown): void {
    if (this.#state === 'answered') return
    this.#controller.abort(error)
    this.#source.fail(error)
    this.#fail(error)
  }

  /** Never rejects: whatever goes wrong becomes the call's status. */
  async run(spec: MethodImplSpec | undefined, notFound: (path: string) => Error): Promise<void> {
    const path = String(this.#headers[':path'])
    try {
      const encoding = this.#headers['grpc-encoding']
      checkEncoding(encoding === undefined ? undefined : String(encoding))
      this.#source.encoding = encoding === undefined ? undefined : String(encoding)
      if (spec === undefined) throw notFound(path)
      const context = this.#open(spec, path)
      await (spec.kind === 'unary' ? this.#unary(spec, context) : this.#streaming(spec, context))
    } catch (error) {
      this.#fail(error)
    }
  }

  #open(spec: MethodImplSpec, path: string): LeanContext {
    const timeout = this.#headers['grpc-timeout']
    const timeoutMs = parseTimeout(timeout === undefined ? undefined : String(timeout))
    const deadline = timeoutMs === undefined ? undefined : Date.now() + timeoutMs
    this.#context = createLeanContext(spec.method, path, this.#headers, this.#controller.signal, deadline)
    if (timeoutMs !== undefined && timeoutMs <= maxTimerMs) {
      const expire = (): void => this.abort(new DeadlineExceededError('context deadline exceeded'))
      this.#deadline = setTimeout(expire, timeoutMs)
    }
    return this.#context
  }

  async #unary(spec: Extract<MethodImplSpec, { kind: 'unary' }>, context: LeanContext): Promise<void> {
    const input = decode(spec, await this.#source.single('request'))
    const output = await invokeUnary(spec, context, input, this.#settings.interceptors)
    const frame = encodeFrame(toBinary(spec.method.output, output), this.#settings.maxSendBytes)
    if (this.#gone()) return
    this.#respond()
    this.#state = 'answered'
    this.#stream.end(frame)
    this.#finish()
  }

  async #streaming(spec: Exclude<MethodImplSpec, { kind: 'unary' }>, context: LeanContext): Promise<void> {
    const outputs = invokeStream(spec, context, this.#requests(spec), this.#settings.interceptors)
    const stop = (): void => void outputs.return(undefined).catch(() => {})
    this.#controller.signal.addEventListener('abort', stop, { once: true })
    for await (const output of outputs) {
      if (this.#gone()) return
      const frame = encodeFrame(toBinary(spec.method.output, output), this.#settings.maxSendBytes)
      if (this.#state === 'open') this.#respond()
      await write(this.#stream, frame)
    }
    this.#controller.signal.removeEventListener('abort', stop)
    if (this.#gone()) return
    if (this.#state === 'open') this.#respond()
    this.#state = 'answered'
    this.#stream.end()
    this.#finish()
  }

  async *#requests(spec: MethodImplSpec): AsyncGenerator<Message> {
    for (let bytes = await this.#source.next(); bytes !== undefined; bytes = await this.#source.next()) {
      yield decode(spec, bytes)
    }
  }

  /** Sends headers; trailers follow when the stream asks for them. */
  #respond(): void {
    const headers: OutgoingHttpHeaders = { ...responseHeaders }
    addMetadata(headers, this.#context?.setHeader)
    const sendTrailers = (): void => this.#stream.sendTrailers(this.#trailers(this.#status))
    this.#stream.once('wantTrailers', () => this.#orReset(sendTrailers))
    this.#stream.respond(headers, { waitForTrailers: true })
    this.#state = 'responding'
  }

  #fail(error: unknown): void {
    if (this.#gone()) return
    const status = toRpcStatus(error)
    logFailure(this.#settings.logger, error, { path: this.#headers[':path'] })
    this.#controller.abort(error)
    if (this.#state === 'responding') {
      this.#status = status
      this.#state = 'answered'
      this.#stream.end()
    } else {
      this.#state = 'answered'
      const headers: OutgoingHttpHeaders = { ...responseHeaders }
      addMetadata(headers, this.#context?.setHeader)
      this.#orReset(() => this.#stream.respond({ ...headers, ...this.#trailers(status) }, { endStream: true }))
    }
    this.#finish()
  }

  /** Metadata of a handler may be such that HTTP/2 refuses it; then no status can be told. */
  #orReset(send: () => void): void {
    try {
      send()
    } catch (error) {
      this.#settings.logger.error('rpc answer cannot be sent', { path: this.#headers[':path'], error })
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    }
  }

  #trailers(status: RpcStatus): OutgoingHttpHeaders {
    const trailers: OutgoingHttpHeaders = {}
    addMetadata(trailers, status.metadata)
    addMetadata(trailers, this.#context?.setTrailer)
    trailers['grpc-status'] = String(status.code)
    if (status.code === Code.Ok) return trailers
    trailers['grpc-message'] = percentEncode(status.message)
    const details = status.details.length > 0 ? encodeStatus(status) : ''
    if (details !== '' && details.length <= maxDetailsLength) trailers['grpc-status-details-bin'] = details
    return trailers
  }

  /** After the answer: what the peer still sends is dropped, and in the end so is the peer's stream. */
  #finish(): void {
    clearTimeout(this.#deadline)
    if (this.#stream.readableEnded || this.#stream.destroyed) return
    this.#source.fail(new CanceledError('the call has ended'))
    this.#stream.resume()
    const linger = setTimeout(() => this.#stream.close(), lingerMs).unref()
    this.#stream.once('close', () => clearTimeout(linger))
  }

  #closed(): void {
    clearTimeout(this.#deadline)
    if (this.#state === 'answered') return
    this.#state = 'answered'
    const error = new CanceledError('context canceled')
    this.#source.fail(error)
    this.#controller.abort(error)
  }

  #gone(): boolean {
    return this.#state === 'answered' || this.#stream.destroyed || this.#stream.closed
  }
}

const ok: RpcStatus = { code: Code.Ok, message: '', details: [] }
const responseHeaders: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': acceptedEncodings,
}

function decode(spec: MethodImplSpec, bytes: Uint8Array): Message {
  try {
    return fromBinary(spec.method.input, bytes)
  } catch (cause) {
    throw new InternalError('grpc: failed to unmarshal the received message', { cause })
  }
}
