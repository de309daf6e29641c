// SPDX-License-Identifier: Apache-2.0
import { sleep } from '@containerd-ts/lifecycle'
import { UnavailableError } from '@containerd-ts/errdefs'
import { isTransientTransport, redactUrl } from './errors.ts'
import type { HttpHeaders, HttpRequest, HttpResponse } from './http-client.ts'
import type { RegistryHost } from './registry-host.ts'

export interface RegistryRequest {
  readonly method: HttpRequest['method']
  /** Below the API root, such as `<repository>/manifests/<tag>`; or a whole URL. */
  readonly target: string | URL
  readonly headers?: HttpHeaders | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly body?: HttpRequest['body']
}

export interface SendContext {
  /** Registry name of the reference; told to mirrors. */
  readonly namespace: string
  readonly scopes: readonly string[]
  /** Errors that another host could cure are retried on the last one only. */
  readonly lastHost: boolean
  readonly signal?: AbortSignal | undefined
}

const maxAttempts = 5
const maxRedirects = 10
const transportRetryMs = 50

/** URL of a request on a host; hosts that stand in for the namespace are told which one. */
function registryUrl(host: RegistryHost, request: RegistryRequest, namespace: string): URL {
  const { target } = request
  const url = target instanceof URL ? new URL(target) : new URL(`${host.scheme}://${host.host}${host.path}/${target}`)
  for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value)
  const own = host.host === namespace || (host.host === 'registry-1.docker.io' && namespace === 'docker.io')
  if (!own && !(target instanceof URL)) url.searchParams.set('ns', namespace)
  return url
}

/**
 * Sends a request to one host: signs it, follows redirects, answers challenges, and repeats it where that may
 * help, five attempts in all. Any status comes back as a response.
 * @throws {UnavailableError} the host cannot be reached
 */
export async function sendRequest(
  host: RegistryHost,
  request: RegistryRequest,
  context: SendContext,
): Promise<HttpResponse> {
  let refusals = 0
  let lastStatus = 0
  for (let attempt = 1; ; attempt++) {
    context.signal?.throwIfAborted()
    const mayRetry = attempt < maxAttempts
    let answer: Answer
    try {
      answer = await sendOnce(host, request, context)
    } catch (error) {
      context.signal?.throwIfAborted()
      if (mayRetry && context.lastHost && isTransientTransport(error)) {
        await sleep(transportRetryMs, context.signal)
        continue
      }
      throw transportError(host, request, context, error)
    }
    const { response, signed } = answer
    if (!mayRetry) return response
    if (response.status === 401) {
      // The answer stays readable: the caller gets it when nobody can sign for this host.
      const learned = await host.authorizer.challenge(response, signed, refusals++ > 0).then(
        () => true,
        async (error: unknown) => {
          if ((error as { name?: unknown }).name === 'UnimplementedError') return false
          await response.discard()
          throw error
        },
      )
      if (!learned) return response
    } else if (response.status !== 408 && response.status !== 429) {
      const serverSide = response.status === 500 || response.status === 503 || response.status === 504
      if (!serverSide || !context.lastHost || response.status === lastStatus) return response
    }
    lastStatus = response.status
    await response.discard()
  }
}

interface Answer {
  readonly response: HttpResponse
  readonly signed: boolean
}

async function sendOnce(host: RegistryHost, request: RegistryRequest, context: SendContext): Promise<Answer> {
  let url = registryUrl(host, request, context.namespace)
  let { method, body } = request
  const origin = url.host
  let headers: HttpHeaders = { ...host.headers, ...request.headers }
  for (let redirects = 0; ; redirects++) {
    const authorization = await host.authorizer.authorize(url, host.client, context.scopes, context.signal)
    const response = await host.client.send({
      method,
      url,
      headers: authorization === undefined ? headers : { ...headers, authorization },
      body,
      signal: context.signal,
    })
    const location = response.header('location')
    if (![301, 302, 303, 307, 308].includes(response.status) || location === '') {
      return { response, signed: authorization !== undefined }
    }
    await response.discard()
    if (redirects === maxRedirects) throw new UnavailableError(`stopped after ${maxRedirects} redirects`)
    const next = new URL(location, url)
    if (next.protocol !== 'http:' && next.protocol !== 'https:') {
      throw new UnavailableError(`redirect to unsupported scheme ${next.protocol}`)
    }
    if (response.status < 307 && method !== 'GET' && method !== 'HEAD') {
      method = 'GET'
      body = undefined
      headers = without(headers, ['content-length', 'content-type'])
    }
    if (next.host !== origin) headers = without(headers, ['authorization', 'cookie', 'proxy-authorization'])
    url = next
  }
}

function without(headers: HttpHeaders, names: readonly string[]): HttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())))
}

function transportError(host: RegistryHost, request: RegistryRequest, context: SendContext, error: unknown): unknown {
  // Errors that carry a code of ours (auth, limits) are told as they are.
  if (typeof (error as { suffix?: unknown }).suffix === 'string') return error
  const url = redactUrl(registryUrl(host, request, context.namespace))
  return new UnavailableError(`failed to do request: ${request.method} ${url}`, { cause: error })
}
