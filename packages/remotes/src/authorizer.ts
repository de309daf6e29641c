// SPDX-License-Identifier: Apache-2.0
import { UnauthenticatedError, UnimplementedError } from '@containerd-ts/errdefs'
import { parseChallenges } from './challenge.ts'
import type { Challenge } from './challenge.ts'
import type { HttpClient, HttpHeaders, HttpResponse } from './http-client.ts'
import { joinScopes } from './scope.ts'
import { fetchToken } from './token.ts'
import type { Credentials, Token } from './token.ts'

/** Finds the credentials of a host; asked once per host, when the host first wants some. */
export type CredentialSource = (
  host: string,
  challenge: string,
) => Promise<Credentials | undefined> | Credentials | undefined

type Handler =
  | { readonly kind: 'fixed'; readonly header: string }
  | {
      readonly kind: 'bearer'
      readonly realm: string
      readonly service: string
      readonly scope: string
      readonly credentials: Credentials | undefined
      readonly tokens: Map<string, Promise<Token>>
    }

interface Refused {
  readonly sent: boolean
  readonly repeated: boolean
}

/** Answers the challenges of registries and remembers, per host, how. Credentials go nowhere else. */
export class Authorizer {
  readonly #credentials: CredentialSource | undefined
  readonly #headers: HttpHeaders
  readonly #handlers = new Map<string, Handler>()

  /** @param headers - sent to token servers, such as the user agent */
  constructor(credentials: CredentialSource | undefined, headers: HttpHeaders = {}) {
    this.#credentials = credentials
    this.#headers = headers
  }

  /** Value of the `Authorization` header; absent while the host has not asked. */
  async authorize(
    url: URL,
    client: HttpClient,
    scopes: readonly string[],
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const handler = this.#handlers.get(url.host)
    if (handler === undefined) return undefined
    if (handler.kind === 'fixed') return handler.header
    const token = await this.#token(handler, client, joinScopes(scopes, handler.scope), signal)
    return `Bearer ${token.value}`
  }

  async #token(
    handler: Handler & { kind: 'bearer' },
    client: HttpClient,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const key = scopes.join(' ')
    const cached = await handler.tokens.get(key)?.catch(() => undefined)
    if (cached !== undefined && cached.expiresAtMs > Date.now()) return cached
    const { realm, service, credentials } = handler
    const fetched = fetchToken(client, { realm, service, scopes, credentials, headers: this.#headers, signal })
    handler.tokens.set(key, fetched)
    try {
      return await fetched
    } catch (error) {
      handler.tokens.delete(key)
      throw error
    }
  }

  /**
   * Learns from an answer of 401; afterwards the request is worth another try.
   * @param sent - the request carried an `Authorization` header
   * @param repeated - the same request was refused before
   * @throws {UnauthenticatedError} the host refused what we have, or there is nothing to offer
   * @throws {UnimplementedError} no scheme that we speak
   */
  async challenge(response: HttpResponse, sent: boolean, repeated: boolean): Promise<void> {
    const host = response.url.host
    const values = response.headerValues('www-authenticate')
    for (const challenge of parseChallenges(values)) {
      if (challenge.scheme === 'bearer') return this.#bearer(host, challenge, { sent, repeated }, values.join(', '))
      if (challenge.scheme === 'basic' && this.#credentials !== undefined) {
        return this.#basic(host, repeated, values.join(', '))
      }
    }
    throw new UnimplementedError(`failed to find supported auth scheme of ${host}`)
  }

  async #bearer(host: string, challenge: Challenge, refused: Refused, raw: string): Promise<void> {
    const { error = '', realm = '', service = '', scope = '' } = challenge.parameters
    if (error !== '') {
      this.#handlers.delete(host)
      if (refused.repeated) throw new UnauthenticatedError(`server message: ${error}: authorization failed`)
    }
    const known = this.#handlers.get(host)
    if (known?.kind === 'bearer' && !refused.repeated) {
      // The same registry asks again: for another scope, or the token has been revoked.
      if (refused.sent) known.tokens.clear()
      this.#handlers.set(host, { ...known, scope: joinScopes([], `${known.scope} ${scope}`).join(' ') })
      return
    }
    const credentials = await this.#credentials?.(host, raw)
    if (credentials?.header !== undefined) this.#handlers.set(host, { kind: 'fixed', header: credentials.header })
    else this.#handlers.set(host, { kind: 'bearer', realm, service, scope, credentials, tokens: new Map() })
  }

  async #basic(host: string, repeated: boolean, raw: string): Promise<void> {
    if (repeated) throw new UnauthenticatedError(`credentials for ${host} refused: authorization failed`)
    const { username = '', secret = '', header } = (await this.#credentials?.(host, raw)) ?? {}
    if (header === undefined && (username === '' || secret === '')) {
      throw new UnauthenticatedError('no basic auth credentials: authorization failed')
    }
    this.#handlers.set(host, {
      kind: 'fixed',
      header: header ?? `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`,
    })
  }
}
