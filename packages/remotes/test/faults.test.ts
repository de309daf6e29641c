// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Code } from '@containerd-ts/errdefs'
import { digestBytes, MediaType } from '@containerd-ts/oci'
import { describe, expect, it } from 'vitest'
import { createResolver, httpStatusOf } from '../src/index.ts'
import type { ResolverOptions } from '../src/index.ts'

interface Fake extends AsyncDisposable {
  readonly host: string
  readonly requests: IncomingMessage[]
  /** `METHOD path` of every request. */
  readonly lines: string[]
}

async function serve(handler: RequestListener): Promise<Fake> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get lines() {
      return requests.map(({ method, url }) => `${method} ${url}`)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const options = (more: Partial<ResolverOptions> = {}): ResolverOptions => ({
  userAgent: 'containerd/9',
  defaultScheme: 'http',
  ...more,
})
const blob = Buffer.alloc(200_000, 'blob')
const descriptor = { mediaType: MediaType.ociLayer, digest: digestBytes(blob), sizeBytes: blob.length }
const manifestHeaders = {
  'content-type': MediaType.ociManifest,
  'docker-content-digest': digestBytes('m'),
  'content-length': '1',
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

describe('statuses', () => {
  it.each([
    [404, Code.NotFound],
    [403, Code.PermissionDenied],
    [429, Code.ResourceExhausted],
    [500, Code.Unavailable],
    [503, Code.Unavailable],
    [418, Code.Unknown],
  ])('%i becomes a code, with the words of the registry', async (status, code) => {
    const errors = [{ code: 'SOME_THING', message: 'the reason\u001B[31m' }]
    await using fake = await serve((_request, response) => json(response, status, { errors }))
    await using resolver = createResolver(options())
    const fetched = collect((await resolver.fetcher(`${fake.host}/a/b:c`)).fetch(descriptor))
    await expect(fetched).rejects.toMatchObject({ code })
    const error = await fetched.catch((e: unknown) => e)
    expect(httpStatusOf(error)).toBe(status)
    expect(String((error as Error).cause ?? error)).toMatch(
      /unexpected status from GET request to http:.*some thing: the reason \[31m/,
    )
  })

  it('are retried where that may help: 429 at once, 503 on the last host, never twice in a row', async () => {
    const script = [429, 503, 500, 200]
    await using fake = await serve((_request, response) => {
      const status = script.shift() ?? 200
      response.writeHead(status, status === 200 ? manifestHeaders : {}).end()
    })
    await using resolver = createResolver(options())
    await resolver.resolve(`${fake.host}/a/b:c`)
    expect(fake.lines).toHaveLength(4)
    script.push(503, 503, 200)
    await expect(resolver.resolve(`${fake.host}/a/b:c`)).rejects.toMatchObject({
      message: expect.stringContaining('failed to resolve'),
    })
    expect(fake.lines).toHaveLength(6)
  })

  it('stop after five attempts', async () => {
    await using fake = await serve((_request, response) => response.writeHead(429).end())
    await using resolver = createResolver(options())
    await expect(resolver.resolve(`${fake.host}/a/b:c`)).rejects.toThrow()
    expect(fake.lines).toHaveLength(5)
  })
})

describe('resolve', () => {
  it('hashes the manifest itself where the server tells no digest', async () => {
    await using fake = await serve((request, response) => {
      response.writeHead(200, { 'content-type': `${MediaType.ociManifest}; charset=utf-8` })
      response.end(request.method === 'HEAD' ? undefined : '{}')
    })
    await using resolver = createResolver(options())
    const { descriptor: found } = await resolver.resolve(`${fake.host}/a/b:c`)
    expect(found).toEqual({ mediaType: MediaType.ociManifest, digest: digestBytes('{}'), sizeBytes: 2 })
    expect(fake.lines).toEqual(['HEAD /v2/a/b/manifests/c', 'GET /v2/a/b/manifests/c'])
    expect(fake.requests[0]?.headers).toMatchObject({
      'user-agent': 'containerd/9',
      accept: expect.stringContaining(MediaType.dockerManifestList),
    })
  })

  it('asks for the body of a refused HEAD, and for the blob of an unknown digest', async () => {
    await using refusing = await serve((request, response) =>
      request.method === 'HEAD'
        ? response.writeHead(403).end()
        : json(response, 403, { errors: [{ code: 'DENIED', message: 'why' }] }),
    )
    await using resolver = createResolver(options())
    const refused = await resolver.resolve(`${refusing.host}/a/b:c`).catch((e: unknown) => e)
    expect(refused).toMatchObject({
      cause: { code: Code.PermissionDenied, message: expect.stringContaining('denied: why') },
    })
    await using fake = await serve((_request, response) => response.writeHead(404).end())
    await expect(resolver.resolve(`${fake.host}/a/b@${descriptor.digest}`)).rejects.toMatchObject({
      code: Code.NotFound,
    })
    expect(fake.lines.map((line) => line.split('/')[4])).toEqual(['manifests', 'blobs'])
  })

  it('refuses manifests too large to be one, and schema 1', async () => {
    await using fake = await serve((request, response) => {
      const old = request.url?.includes('old')
      const headers = old ? { 'content-type': 'text/plain' } : { 'content-length': '5000000' }
      response.writeHead(200, { ...manifestHeaders, ...headers }).end()
    })
    await using resolver = createResolver(options())
    await expect(resolver.resolve(`${fake.host}/a/b:big`)).rejects.toMatchObject({ cause: { code: Code.NotFound } })
    await expect(resolver.resolve(`${fake.host}/a/b:old`)).rejects.toMatchObject({
      cause: { code: Code.Unimplemented },
    })
  })

  it.each(['busybox', 'busybox:1', 'library/busybox', 'http://x/y:z', '/x:y', ''])(
    'refuses %j before it asks anybody',
    async (ref) => {
      await using resolver = createResolver(options())
      await expect(resolver.resolve(ref)).rejects.toMatchObject({ code: Code.InvalidArgument })
    },
  )

  it('says whom it could not reach, without secrets', async () => {
    await using resolver = createResolver(options())
    const failed = await resolver.resolve('127.0.0.1:1/a/b:c').catch((e: unknown) => e)
    expect(failed).toMatchObject({
      cause: { code: Code.Unavailable, message: 'failed to do request: HEAD http://127.0.0.1:1/v2/a/b/manifests/c' },
    })
  })
})

describe('fetch', () => {
  /** Sends part of what is asked for and then cuts the connection, `cuts` times. */
  const cutting = (cuts: number, ranges: boolean): RequestListener => {
    return (request, response) => {
      const from = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
      const headers = {
        'content-length': String(blob.length - from),
        ...(from > 0 ? { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` } : {}),
      }
      response.writeHead(from > 0 ? 206 : 200, headers)
      if (cuts-- <= 0) response.end(blob.subarray(from))
      else response.write(blob.subarray(from, from + 60_000), () => setTimeout(() => response.destroy(), 20))
    }
  }

  it('continues where the connection broke', async () => {
    await using fake = await serve(cutting(2, true))
    await using resolver = createResolver(options())
    const fetcher = await resolver.fetcher(`${fake.host}/a/b:c`)
    expect((await collect(fetcher.fetch(descriptor))).equals(blob)).toBe(true)
    expect(fake.lines).toHaveLength(3)
  })

  it('skips to where it was on a server without ranges', async () => {
    await using fake = await serve(cutting(0, false))
    await using resolver = createResolver(options())
    const fetcher = await resolver.fetcher(`${fake.host}/a/b:c`)
    expect((await collect(fetcher.fetch(descriptor, { offset: 150_000 }))).equals(blob.subarray(150_000))).toBe(true)
  })

  it('gives up after three openings without a byte', async () => {
    await using fake = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.flushHeaders()
      setTimeout(() => response.destroy(), 5)
    })
    await using resolver = createResolver(options())
    const fetched = collect((await resolver.fetcher(`${fake.host}/a/b:c`)).fetch(descriptor))
    await expect(fetched).rejects.toMatchObject({
      code: Code.Unavailable,
      message: expect.stringContaining('unexpected EOF'),
    })
    expect(fake.lines).toHaveLength(3)
  })

  it.each([
    ['gzip', gzipSync(blob)],
    ['zstd', zstdCompressSync(blob)],
  ])('undoes %s content encoding', async (encoding, bytes) => {
    await using fake = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
    )
    await using resolver = createResolver(options())
    const fetched = await collect((await resolver.fetcher(`${fake.host}/a/b:c`)).fetch(descriptor))
    expect(fetched.equals(blob)).toBe(true)
  })

  it('follows redirects without taking credentials to another host', async () => {
    await using cdn = await serve((_request, response) => response.end(blob))
    await using fake = await serve((request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      else response.writeHead(307, { location: `http://${cdn.host}/data?signature=s` }).end()
    })
    await using resolver = createResolver(
      options({ credentials: (host) => (host === fake.host ? { username: 'u', secret: 's' } : undefined) }),
    )
    const fetched = await collect((await resolver.fetcher(`${fake.host}/a/b:c`)).fetch(descriptor))
    expect(fetched.equals(blob)).toBe(true)
    expect(cdn.requests[0]?.headers.authorization).toBeUndefined()
  })

  it('ends a circle of redirects', async () => {
    await using fake = await serve((request, response) => response.writeHead(302, { location: request.url }).end())
    await using resolver = createResolver(options())
    await expect(resolver.resolve(`${fake.host}/a/b:c`)).rejects.toThrow()
    expect(fake.lines).toHaveLength(11)
  })

  it('tries foreign URLs first, and the registry when they are gone', async () => {
    await using fake = await serve((request, response) =>
      request.url === '/gone' ? response.writeHead(404).end() : response.end(blob),
    )
    await using resolver = createResolver(options())
    const fetcher = await resolver.fetcher(`${fake.host}/a/b:c`)
    await collect(fetcher.fetch({ ...descriptor, urls: [`http://${fake.host}/gone`, 'ftp://x/y'] }))
    expect(fake.lines).toEqual(['GET /gone', `GET /v2/a/b/blobs/${descriptor.digest}`])
  })

  it('holds a fast server back while nobody reads, and lets go on a signal', async () => {
    let sent = 0
    await using fake = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    await using resolver = createResolver(options())
    const stop = new AbortController()
    const endless = { ...descriptor, sizeBytes: 2 ** 40 }
    const source = (await resolver.fetcher(`${fake.host}/a/b:c`)).fetch(endless, { signal: stop.signal })
    const iterator = source[Symbol.asyncIterator]()
    await iterator.next()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(sent).toBeLessThan(32 * 1024 * 1024)
    const waiting = (async () => {
      for (;;) await iterator.next()
    })()
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('lists referrers, by the tag schema where the API is missing', async () => {
    const index = {
      schemaVersion: 2,
      manifests: [{ mediaType: MediaType.ociManifest, digest: digestBytes('r'), size: 1, artifactType: 'a/b' }],
    }
    await using fake = await serve((request, response) =>
      request.url?.includes('/referrers/') ? response.writeHead(404).end() : json(response, 200, index),
    )
    await using resolver = createResolver(options())
    const fetcher = await resolver.fetcher(`${fake.host}/a/b:c`)
    expect(await fetcher.referrers(descriptor.digest)).toMatchObject([{ artifactType: 'a/b' }])
    expect(await fetcher.referrers(descriptor.digest, { artifactTypes: ['other'] })).toEqual([])
  })
})
