// SPDX-License-Identifier: Apache-2.0
// The path keeps Bun from putting its own, much smaller `undici` in this place.
import { Agent, EnvHttpProxyAgent, request } from 'undici/index.js'
import type { Dispatcher } from 'undici/index.js'
import * as tlsModule from 'node:tls'
import { ResourceExhaustedError } from '@containerd-ts/errdefs'
import { isLoopback } from './loopback.ts'

export interface TlsOptions {
  /** PEM certificates trusted besides the system's. */
  readonly ca?: readonly string[] | undefined
  /** PEM client certificates with their keys. */
  readonly certificates?: readonly { readonly cert: string; readonly key: string }[] | undefined
  readonly skipVerify?: boolean | undefined
}

export interface HttpClientOptions {
  readonly tls?: TlsOptions | undefined
  /** Default 30 000. */
  readonly dialTimeoutMs?: number | undefined
  /** Time until response headers; default 30 000. */
  readonly headersTimeoutMs?: number | undefined
  /** Longest silence inside a body; default 300 000. */
  readonly bodyTimeoutMs?: number | undefined
}

export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers: HttpHeaders
  /** Called once per attempt. */
  readonly body?: (() => AsyncIterable<Uint8Array> | Uint8Array) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A response whose body has not been read. Read it to the end or discard it, or its connection is lost. */
export interface HttpResponse {
  readonly status: number
  readonly url: URL
  readonly method: string
  /** Values of a header, joined; empty when absent. */
  header(name: string): string
  headerValues(name: string): readonly string[]
  readonly body: AsyncIterable<Uint8Array>
  /** Up to `limitBytes` of the body; the rest is discarded. */
  head(limitBytes: number): Promise<Uint8Array>
  /** The whole body. @throws {ResourceExhaustedError} it is longer than `limitBytes` */
  bytes(limitBytes: number): Promise<Uint8Array>
  discard(): Promise<void>
}

/** Sends one request: no redirects, no retries. */
export interface HttpClient extends AsyncDisposable {
  send(request: HttpRequest): Promise<HttpResponse>
}

/** HTTP/1.1 over pooled connections, through the proxies that the environment names, never for loopback. */
export class UndiciHttpClient implements HttpClient {
  readonly #direct: Dispatcher
  readonly #proxied: Dispatcher

  constructor(options: HttpClientOptions = {}) {
    const { ca, certificates, skipVerify } = options.tls ?? {}
    const tls = {
      ...(ca === undefined || ca.length === 0 ? {} : { ca: [...systemCas(), ...ca] }),
      ...(certificates === undefined || certificates.length === 0
        ? {}
        : { cert: certificates.map((c) => c.cert), key: certificates.map((c) => c.key) }),
      ...(skipVerify === true ? { rejectUnauthorized: false } : {}),
    }
    const dialTimeoutMs = options.dialTimeoutMs ?? 30_000
    const common = {
      headersTimeout: options.headersTimeoutMs ?? 30_000,
      bodyTimeout: options.bodyTimeoutMs ?? 300_000,
      keepAliveTimeout: 30_000,
      connect: { ...tls, timeout: dialTimeoutMs },
    }
    this.#direct = new Agent(common)
    this.#proxied = proxyConfigured()
      ? new EnvHttpProxyAgent({ ...common, requestTls: { ...tls, timeout: dialTimeoutMs }, proxyTunnel: false })
      : this.#direct
  }

  async send(req: HttpRequest): Promise<HttpResponse> {
    const response = await request(req.url, {
      dispatcher: isLoopback(req.url.hostname) ? this.#direct : this.#proxied,
      method: req.method,
      headers: req.headers as Record<string, string | string[]>,
      ...(req.body === undefined ? {} : { body: toBody(req.body()) }),
      ...(req.signal === undefined ? {} : { signal: req.signal }),
    })
    return new UndiciResponse(req, response)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#direct.destroy()
    if (this.#proxied !== this.#direct) await this.#proxied.destroy()
  }
}

class UndiciResponse implements HttpResponse {
  readonly status: number
  readonly url: URL
  readonly method: string
  readonly #response: Dispatcher.ResponseData

  constructor(req: HttpRequest, response: Dispatcher.ResponseData) {
    this.status = response.statusCode
    this.url = req.url
    this.method = req.method
    this.#response = response
    // An abort between two reads surfaces on the next one; without this it would be an uncaught event.
    response.body.on('error', () => {})
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#response.body
  }

  header(name: string): string {
    return this.headerValues(name).join(', ')
  }

  headerValues(name: string): readonly string[] {
    const value = this.#response.headers[name.toLowerCase()]
    if (value === undefined) return []
    return typeof value === 'string' ? [value] : value
  }

  async head(limitBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= limitBytes) break
    }
    return Buffer.concat(chunks).subarray(0, limitBytes)
  }

  async bytes(limitBytes: number): Promise<Uint8Array> {
    const bytes = await this.head(limitBytes + 1)
    if (bytes.length > limitBytes) {
      throw new ResourceExhaustedError(`answer of ${this.url.host} is longer than ${limitBytes} bytes`)
    }
    return bytes
  }

  async discard(): Promise<void> {
    await this.#response.body.dump({ limit: 64 * 1024 }).catch(() => {})
  }
}

function toBody(body: AsyncIterable<Uint8Array> | Uint8Array): NonNullable<Dispatcher.DispatchOptions['body']> {
  return body instanceof Uint8Array ? body : (body as unknown as NonNullable<Dispatcher.DispatchOptions['body']>)
}

function systemCas(): readonly string[] {
  const { getCACertificates, rootCertificates } = tlsModule
  if (typeof getCACertificates !== 'function') return rootCertificates
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
}

const proxyConfigured = (): boolean =>
  ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => (process.env[name] ?? '') !== '')
