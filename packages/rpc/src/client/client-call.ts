// SPDX-License-Identifier: Apache-2.0
import { CanceledError, codeOf, Code, DeadlineExceededError } from '@containerd-ts/errdefs'
import { constants } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { acceptedEncodings, checkEncoding } from '../wire/gzip.ts'
import { MessageSource } from '../wire/message-source.ts'
import { addMetadata, toHeaders } from '../wire/metadata.ts'
import type { MetadataInit } from '../wire/metadata.ts'
import { formatTimeout, maxTimerMs } from '../wire/timeout.ts'
import { write } from '../wire/write.ts'
import { readReset, readResponse, readStatus } from './peer-status.ts'

export interface ClientCallOptions {
  readonly path: string
  readonly headers: MetadataInit
  readonly userAgent: string
  readonly maxReceiveBytes: number
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal | undefined
}

/** One gRPC call on one HTTP/2 stream. Its outcome is settled once; the source delivers it to the reader. */
export class ClientCall {
  readonly source: MessageSource
  /** Resolves with the response headers; rejects when the call fails before they come. */
  readonly responded: Promise<Headers>
  /** Complete once the source has ended. */
  trailer = new Headers()
  readonly #session: ClientHttp2Session
  readonly #stream: ClientHttp2Stream
  readonly #signal: AbortSignal | undefined
  readonly #deadline: NodeJS.Timeout | undefined
  readonly #response = Promise.withResolvers<Headers>()
  #trailers: IncomingHttpHeaders | undefined
  #streamError: unknown
  #settled = false
  /** Called once, when the outcome is known. */
  onSettled: (() => void) | undefined

  /** Throws what `session.request` throws when the session takes no more calls. */
  constructor(session: ClientHttp2Session, options: ClientCallOptions) {
    const { timeoutMs, signal } = options
    this.#session = session
    const stream = session.request(requestHeaders(options))
    this.#stream = stream
    this.source = new MessageSource(stream, options.maxReceiveBytes)
    this.responded = this.#response.promise
    this.responded.catch(() => {}) // the source tells the same error
    stream.on('response', (headers) => this.#onResponse(headers))
    stream.on('trailers', (headers) => {
      this.#trailers = headers
    })
    stream.on('data', (chunk: Buffer) => this.source.push(chunk))
    stream.on('end', () => this.#onEnd())
    stream.on('error', (error) => {
      this.#streamError = error
    })
    stream.on('close', () => this.#onClose())
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (timeoutMs !== undefined && timeoutMs <= maxTimerMs) {
      const expire = (): void => this.cancel(new DeadlineExceededError('context deadline exceeded'))
      this.#deadline = setTimeout(expire, timeoutMs)
    }
  }

  get settled(): boolean {
    return this.#settled
  }

  /** The promise, if there is one, resolves when more can be sent. */
  send(frame: Buffer): Promise<void> | undefined {
    return write(this.#stream, frame)
  }

  endSend(frame?: Buffer): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end(frame)
  }

  /** Gives up: the peer sees a reset, the reader this error. */
  cancel(error: unknown): void {
    if (this.#settled) return
    this.#settle(error, 'drop')
    this.#stream.close(constants.NGHTTP2_CANCEL)
  }

  readonly #onAbort = (): void => this.cancel(abortError(this.#signal?.reason))

  #onResponse(headers: IncomingHttpHeaders): void {
    const status = readStatus(headers)
    if (status !== undefined) this.#trailers = headers // trailers-only
    const error = status === undefined ? readResponse(headers) : undefined
    if (error !== undefined) {
      this.cancel(error)
      return
    }
    try {
      const encoding = headers['grpc-encoding']
      checkEncoding(encoding === undefined ? undefined : String(encoding))
      this.source.encoding = encoding === undefined ? undefined : String(encoding)
    } catch (unknownEncoding) {
      this.cancel(unknownEncoding)
      return
    }
    if (status === undefined || status === 'ok') this.#response.resolve(toHeaders(headers))
  }

  #onEnd(): void {
    const status = this.#trailers === undefined ? undefined : readStatus(this.#trailers)
    if (status === undefined || this.#trailers === undefined) return // 'close' knows why
    this.trailer = toHeaders(this.#trailers)
    this.#settle(status === 'ok' ? undefined : status, 'deliver')
  }

  #onClose(): void {
    if (this.#settled) return
    this.#onEnd()
    const lost = this.#session.destroyed || this.#session.closed || this.#session.socket?.destroyed !== false
    if (!this.#settled) this.#settle(readReset(this.#stream.rstCode, lost, this.#streamError), 'deliver')
  }

  #settle(error: unknown, queued: 'deliver' | 'drop'): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#deadline)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    if (error !== undefined) this.#response.reject(error)
    if (queued === 'drop') this.source.fail(error)
    else this.source.end(error)
    // The answer is complete: a peer that still waits for the rest of our messages must not.
    if (!this.#stream.writableEnded && !this.#stream.destroyed && queued === 'deliver') {
      this.#stream.close(constants.NGHTTP2_NO_ERROR)
    }
    this.onSettled?.()
  }
}

function requestHeaders(options: ClientCallOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': 'POST',
    ':path': options.path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': options.userAgent,
    'grpc-accept-encoding': acceptedEncodings,
  }
  if (options.timeoutMs !== undefined) headers['grpc-timeout'] = formatTimeout(options.timeoutMs)
  addMetadata(headers, options.headers)
  return headers
}

/** The coded error for an abort reason; reasons that have a code stay as they are. */
export function abortError(reason: unknown): Error {
  const code = codeOf(reason)
  if (reason instanceof Error && code !== Code.Unknown && 'suffix' in reason) return reason
  if (code === Code.DeadlineExceeded) return new DeadlineExceededError('context deadline exceeded', { cause: reason })
  return new CanceledError('context canceled', { cause: reason })
}
