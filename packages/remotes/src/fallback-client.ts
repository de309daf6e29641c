// SPDX-License-Identifier: Apache-2.0
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.ts'
import { splitPort } from './loopback.ts'

/**
 * Tries TLS first on hosts that were configured for plain HTTP but with TLS settings, and remembers per host
 * when that host turned out to speak plain HTTP.
 */
export class HttpFallbackClient implements HttpClient {
  readonly #inner: HttpClient
  readonly #plain = new Set<string>()

  constructor(inner: HttpClient) {
    this.#inner = inner
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { url } = request
    if (url.protocol !== 'http:' || url.port === '' || this.#plain.has(url.host)) return this.#inner.send(request)
    const secure = new URL(`https://${url.host}${url.pathname}${url.search}`)
    try {
      return await this.#inner.send({ ...request, url: secure })
    } catch (error) {
      if (!speaksPlainHttp(error, url.host)) throw error
      request.signal?.throwIfAborted()
      this.#plain.add(url.host)
      return await this.#inner.send(request)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]()
  }
}

function speaksPlainHttp(error: unknown, host: string): boolean {
  for (let e: unknown = error; typeof e === 'object' && e !== null; e = (e as { cause?: unknown }).cause) {
    const { code, message } = e as { code?: unknown; message?: unknown }
    const text = `${String(code)} ${String(message)}`
    if (/WRONG_VERSION_NUMBER|wrong version number|HTTP_REQUEST|http request/.test(text)) return true
    // A TLS hello that a plain server swallows or cuts off.
    if (/ERR_TLS_HANDSHAKE_TIMEOUT|before secure TLS connection was established/.test(text)) return true
    if (/ECONNREFUSED|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT/.test(text) && splitPort(host).port === '') return true
  }
  return false
}
