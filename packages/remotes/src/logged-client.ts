// SPDX-License-Identifier: Apache-2.0
import type { ByteSink, CallOptions } from '@containerd-ts/core'
import { redactUrl } from './errors.ts'
import type { HttpClient, HttpHeaders, HttpRequest, HttpResponse } from './http-client.ts'

const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Writes each request, the status of its answer and the time between to a sink, without secrets. */
export class LoggedClient implements HttpClient {
  readonly #client: HttpClient
  readonly #sink: Pick<ByteSink, 'write'>
  readonly #options: CallOptions
  #writing: Promise<void> = Promise.resolve()
  #broken = false

  constructor(client: HttpClient, sink: Pick<ByteSink, 'write'>, options: CallOptions = {}) {
    this.#client = client
    this.#sink = sink
    this.#options = options
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    await this.#write(requestText(request))
    const began = performance.now()
    const response = await this.#client.send(request)
    const ms = (performance.now() - began).toFixed(0)
    await this.#write(`< HTTP ${response.status} ${request.method} ${redactUrl(request.url)} (${ms} ms)\n`)
    return response
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#client[Symbol.asyncDispose]()
  }

  /** Whole pieces, one after the other. A reader that has gone stops the log and nothing else. */
  #write(text: string): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#broken) return
      try {
        await this.#sink.write(Buffer.from(text), this.#options)
      } catch {
        this.#broken = true
      }
    })
    return this.#writing
  }
}

function requestText({ method, url, headers }: HttpRequest): string {
  const lines = [`> ${method} ${redactUrl(url)}`, ...headerLines(headers)]
  return `${lines.join('\n')}\n`
}

const headerLines = (headers: HttpHeaders): string[] =>
  Object.entries(headers).map(([name, value]) => {
    const shown = secretHeaders.has(name.toLowerCase()) ? '<redacted>' : String(value)
    return `> ${name}: ${shown}`
  })
