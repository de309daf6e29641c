// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, UnauthenticatedError } from '@containerd-ts/errdefs'
import { statusError } from './errors.ts'
import type { HttpClient, HttpHeaders } from './http-client.ts'

/** A secret without a user name is a refresh token; `header` is sent as it is. */
export interface Credentials {
  readonly username?: string | undefined
  readonly secret?: string | undefined
  /** Whole value of the `Authorization` header; wins over the rest. */
  readonly header?: string | undefined
}

export interface TokenRequest {
  readonly realm: string
  readonly service: string
  readonly scopes: readonly string[]
  readonly credentials: Credentials | undefined
  readonly headers: HttpHeaders
  readonly signal?: AbortSignal | undefined
}

export interface Token {
  readonly value: string
  readonly expiresAtMs: number
}

const answerLimitBytes = 1024 * 1024

/** Fetches a bearer token: the OAuth form where there is a secret, the older GET otherwise or as fall-back. */
export async function fetchToken(client: HttpClient, options: TokenRequest): Promise<Token> {
  const realm = parseRealm(options.realm)
  const { username = '', secret = '' } = options.credentials ?? {}
  if (secret === '') return getToken(client, realm, options, '')
  const form = new URLSearchParams({ client_id: 'containerd-client', service: options.service })
  if (options.scopes.length > 0) form.set('scope', options.scopes.join(' '))
  if (username === '') {
    form.set('grant_type', 'refresh_token')
    form.set('refresh_token', secret)
  } else {
    form.set('grant_type', 'password')
    form.set('username', username)
    form.set('password', secret)
  }
  const response = await client.send({
    method: 'POST',
    url: realm,
    headers: { ...options.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: () => Buffer.from(form.toString()),
    signal: options.signal,
  })
  if (response.status >= 200 && response.status < 300) return readToken(await response.bytes(answerLimitBytes))
  const older = response.status === 404 || response.status === 401 || response.status === 400 || response.status === 405
  if (!older || (response.status === 405 && username === '')) throw await statusError(response)
  await response.discard()
  return getToken(client, realm, options, username === '' ? '' : `${username}:${secret}`)
}

async function getToken(client: HttpClient, realm: URL, options: TokenRequest, basic: string): Promise<Token> {
  const url = new URL(realm)
  if (options.service !== '') url.searchParams.append('service', options.service)
  for (const scope of options.scopes) url.searchParams.append('scope', scope)
  const authorization = basic === '' ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }
  const response = await client.send({
    method: 'GET',
    url,
    headers: { ...options.headers, ...authorization },
    signal: options.signal,
  })
  if (response.status < 200 || response.status >= 300) throw await statusError(response)
  return readToken(await response.bytes(answerLimitBytes))
}

function parseRealm(realm: string): URL {
  let url: URL | undefined
  try {
    url = new URL(realm)
  } catch {
    // told below
  }
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError(`token realm "${realm}" is not an http URL`)
  }
  return url
}

function readToken(bytes: Uint8Array): Token {
  let answer: Record<string, unknown>
  try {
    answer = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>
  } catch (cause) {
    throw new UnauthenticatedError('token server answered no JSON', { cause })
  }
  const value = [answer['access_token'], answer['token']].find((v) => typeof v === 'string' && v !== '')
  if (typeof value !== 'string') throw new UnauthenticatedError('token server answered no token')
  const seconds = typeof answer['expires_in'] === 'number' ? answer['expires_in'] : 60
  // A token that ends while its request travels is no use: leave it a little early.
  return { value, expiresAtMs: Date.now() + Math.max(seconds * 1000 - 2000, seconds * 500) }
}
