// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Code } from '@containerd-ts/errdefs'
import { digestBytes, MediaType } from '@containerd-ts/oci'
import { describe, expect, it } from 'vitest'
import { createResolver } from '../src/index.ts'
import type { Credentials } from '../src/index.ts'

interface TokenWorld extends AsyncDisposable {
  readonly host: string
  /** What the token endpoint was asked, method first. */
  readonly asked: string[]
  /** Statuses that the endpoint answers before tokens. */
  readonly refusals: number[]
  /** Tokens the registry takes. */
  readonly valid: Set<string>
  /** Seconds a token lives. */
  lifetime: number
}

/** A registry that wants bearer tokens and the server that gives them. */
async function tokenWorld(): Promise<TokenWorld> {
  const asked: string[] = []
  const refusals: number[] = []
  const valid = new Set<string>()
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://x')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (url.pathname === '/token') {
      asked.push([request.method, url.search, body, request.headers.authorization ?? ''].join(' ').trim())
      const refusal = refusals.shift()
      if (refusal !== undefined) return void response.writeHead(refusal).end()
      const token = `t${asked.length}`
      valid.add(`Bearer ${token}`)
      return void response.end(JSON.stringify({ token, expires_in: world.lifetime }))
    }
    if (!valid.has(request.headers.authorization ?? '')) {
      const error = request.headers.authorization === undefined ? '' : ',error="insufficient_scope"'
      const challenge = `Bearer realm="http://${world.host}/token",service="reg",scope="repository:a/b:pull"${error}`
      return void response.writeHead(401, { 'www-authenticate': ['Basic realm="old"', challenge] }).end()
    }
    response
      .writeHead(200, {
        'content-type': MediaType.ociManifest,
        'docker-content-digest': digestBytes('m'),
        'content-length': '1',
      })
      .end()
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const world: TokenWorld = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    refusals,
    valid,
    lifetime: 300,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return world
}

const connect = (credentials?: Credentials) =>
  createResolver({
    userAgent: 'containerd/9',
    defaultScheme: 'http',
    ...(credentials === undefined ? {} : { credentials: () => credentials }),
  })

describe('bearer tokens', () => {
  it('are fetched without credentials by GET, kept, and asked for once', async () => {
    await using world = await tokenWorld()
    await using resolver = connect()
    await resolver.resolve(`${world.host}/a/b:c`)
    await Promise.all([1, 2, 3].map(() => resolver.resolve(`${world.host}/a/b:c`)))
    expect(world.asked).toEqual(['GET ?service=reg&scope=repository%3Aa%2Fb%3Apull'])
  })

  it('are fetched with a password by POST, with a refresh token when there is no user', async () => {
    await using world = await tokenWorld()
    await using named = connect({ username: 'u', secret: 'p&' })
    await named.resolve(`${world.host}/a/b:c`)
    expect(world.asked[0]).toMatch(
      /^POST .*client_id=containerd-client&service=reg&scope=repository%3Aa%2Fb%3Apull&grant_type=password&username=u&password=p%26$/,
    )
    await using refreshing = connect({ secret: 'r' })
    await refreshing.resolve(`${world.host}/a/b:c`)
    expect(world.asked[1]).toMatch(/grant_type=refresh_token&refresh_token=r$/)
  })

  it('fall back to GET with Basic where the server knows no POST', async () => {
    await using world = await tokenWorld()
    await using resolver = connect({ username: 'u', secret: 'p' })
    world.refusals.push(405)
    await resolver.resolve(`${world.host}/a/b:c`)
    expect(world.asked[1]).toBe(
      `GET ?service=reg&scope=repository%3Aa%2Fb%3Apull  Basic ${Buffer.from('u:p').toString('base64')}`,
    )
  })

  it('are fetched again when they expire or are revoked', async () => {
    await using world = await tokenWorld()
    world.lifetime = 0
    await using resolver = connect()
    await resolver.resolve(`${world.host}/a/b:c`)
    await resolver.resolve(`${world.host}/a/b:c`)
    expect(world.asked).toHaveLength(2)
    world.lifetime = 300
    await resolver.resolve(`${world.host}/a/b:c`)
    world.valid.clear()
    await resolver.resolve(`${world.host}/a/b:c`)
    expect(world.asked).toHaveLength(4)
  })

  it('carry the scope of a push beside that of the challenge', async () => {
    await using world = await tokenWorld()
    await using resolver = connect()
    const pusher = await resolver.pusher(`${world.host}/a/b:c`)
    await pusher.push(
      { mediaType: MediaType.ociManifest, digest: digestBytes('m'), sizeBytes: 1 },
      async function* () {},
    )
    expect(world.asked[0]).toContain('scope=repository%3Aa%2Fb%3Apull&scope=repository%3Aa%2Fb%3Apull%2Cpush')
  })

  it('refused by the token server tell no secret', async () => {
    await using world = await tokenWorld()
    await using resolver = connect({ username: 'u', secret: 'hunter2' })
    world.refusals.push(401, 401)
    const failed = await resolver.resolve(`${world.host}/a/b:c`).catch((e: unknown) => e)
    expect(failed).toMatchObject({ code: Code.Unauthenticated })
    let text = ''
    for (let e = failed; e instanceof Error; e = e.cause) text += `${e.message}\n${JSON.stringify(e)}`
    expect(text).toContain('pull access denied')
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain(Buffer.from('u:hunter2').toString('base64'))
  })

  it('that stay refused end in the words of the server', async () => {
    await using world = await tokenWorld()
    await using resolver = connect()
    world.valid.add = () => world.valid
    const failed = await resolver.resolve(`${world.host}/a/b:c`).catch((e: unknown) => e)
    expect(failed).toMatchObject({
      code: Code.Unauthenticated,
      cause: { message: expect.stringContaining('server message: insufficient_scope') },
    })
  })

  it('give way to a header of the caller', async () => {
    await using world = await tokenWorld()
    world.valid.add('Custom abc')
    await using resolver = connect({ header: 'Custom abc' })
    await resolver.resolve(`${world.host}/a/b:c`)
    expect(world.asked).toEqual([])
  })
})
