// SPDX-License-Identifier: Apache-2.0
import { silentLogger } from '@containerd-ts/core'
import type { LogFields } from '@containerd-ts/core'
import { Code, codeOf, NotFoundError, UnknownError } from '@containerd-ts/errdefs'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createUnixTransport, detailsOf, withDetails } from '../src/index.ts'
import { createRpcServer } from '../src/server.ts'
import { echoClient, leanTransport, serve } from './fixture.ts'

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  )

function postJson(
  socketPath: string,
  path: string,
  body: unknown,
): Promise<{ status: number | undefined; body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: unknown }>()
  const call = request(
    { socketPath, path, method: 'POST', headers: { 'content-type': 'application/json' } },
    (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }))
    },
  )
  call.on('error', reject)
  call.end(JSON.stringify(body))
  return promise
}

describe('Connect over HTTP/1 on the same socket', () => {
  it('speaks JSON, as curl does', async () => {
    await using server = await serve({ unary: ({ value }) => ({ value: `${value}!` }) })
    expect(await postJson(server.path, '/test.Echo/Unary', 'hi')).toEqual({ status: 200, body: 'hi!' })
  })

  it("maps domain errors to Connect's", async () => {
    await using server = await serve({
      unary() {
        throw NotFoundError.of('image', 'x')
      },
    })
    expect(await postJson(server.path, '/test.Echo/Unary', '')).toEqual({
      status: 404,
      body: { code: 'not_found', message: 'image x: not found' },
    })
  })
})

describe('the socket', () => {
  it('has mode 0660 in a directory made 0770, and goes with the server', async () => {
    await using root = await tempRoot()
    const path = root.join('new', 's.sock')
    await using server = createRpcServer({ routes: () => {} })
    await server.listenUnix({ path, uid: process.getuid?.(), gid: process.getgid?.() })
    expect((await stat(path)).mode & 0o777).toBe(0o660)
    expect((await stat(root.join('new'))).mode & 0o777).toBe(0o770)
    await server.close()
    expect(await rejection(stat(path))).toMatchObject({ code: 'ENOENT' })
  })

  it('leaves a directory that exists as it is', async () => {
    await using root = await tempRoot()
    await mkdir(root.join('old'), { mode: 0o711 })
    await using server = createRpcServer({ routes: () => {} })
    await server.listenUnix({ path: root.join('old', 's') })
    expect((await stat(root.join('old'))).mode & 0o777).toBe(0o711)
  })

  it('replaces a stale socket, but nothing else', async () => {
    await using root = await tempRoot()
    const path = root.join('s.sock')
    const stale = createRpcServer({ routes: () => {} })
    await stale.listenUnix({ path })
    await using server = createRpcServer({ routes: () => {} })
    await server.listenUnix({ path })
    await stale.close()
    await writeFile(root.join('file'), '')
    expect(codeOf(await rejection(server.listenUnix({ path: root.join('file') })))).toBe(Code.FailedPrecondition)
  })

  it('refuses a path over 104 bytes', async () => {
    await using server = createRpcServer({ routes: () => {} })
    expect(codeOf(await rejection(server.listenUnix({ path: `/tmp/${'x'.repeat(100)}` })))).toBe(Code.InvalidArgument)
  })

  it('serves TCP too', async () => {
    await using server = createRpcServer({ routes: () => {} })
    expect(await server.listenTcp({ host: '127.0.0.1', port: 0 })).toBeGreaterThan(0)
  })
})

describe('shutdown', () => {
  it('lets a call under way finish and takes no new ones', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let started = false
    await using server = await serve({
      unary: async () => {
        started = true
        await released
        return { value: 'done' }
      },
    })
    await using client = leanTransport(server.path)
    const call = echoClient(client.transport).unary({})
    await eventually('started', () => started)
    const closed = server.server.close({ graceMs: 5000 })
    await using late = leanTransport(server.path)
    expect(codeOf(await rejection(echoClient(late.transport).unary({})))).toBe(Code.Unavailable)
    release()
    expect((await call).value).toBe('done')
    await closed
  })

  it('fails what outlasts the grace as Unavailable', async () => {
    let reason: unknown
    await using server = await serve({
      async *server(_, context) {
        yield { value: 'up' }
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()))
        reason = context.signal.reason
      },
    })
    await using client = leanTransport(server.path)
    const stream = echoClient(client.transport).server({})[Symbol.asyncIterator]()
    await stream.next()
    const failed = rejection(stream.next())
    await server.server.close({ graceMs: 50 })
    expect(codeOf(await failed)).toBe(Code.Unavailable)
    expect(codeOf(reason)).toBe(Code.Unavailable)
  })

  it('is not held up by idle connections of any kind', async () => {
    await using server = await serve({ unary: ({ value }) => ({ value }) })
    await using client = leanTransport(server.path)
    await echoClient(client.transport).unary({})
    await postJson(server.path, '/test.Echo/Unary', '')
    const begin = performance.now()
    await server.server.close({ graceMs: 5000 })
    expect(performance.now() - begin).toBeLessThan(2000)
  })
})

describe('the client', () => {
  it('fails at once where nobody listens, naming the socket', async () => {
    await using transport = createUnixTransport({ address: 'unix:///nonexistent/x.sock' })
    const error = await rejection(echoClient(transport).unary({}))
    expect(codeOf(error)).toBe(Code.Unavailable)
    expect((error as Error).message).toContain('/nonexistent/x.sock')
  })

  it('waits for a server that is not up yet when asked to', async () => {
    await using root = await tempRoot()
    await using transport = createUnixTransport({ address: root.join('s.sock'), waitForReady: true })
    const call = echoClient(transport).unary({})
    await using server = createRpcServer({ routes: () => {} })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await server.listenUnix({ path: root.join('s.sock') })
    expect(codeOf(await rejection(call))).toBe(Code.Unimplemented)
  })

  it('waits no longer than its timeouts', async () => {
    await using transport = createUnixTransport({
      address: '/nonexistent/x.sock',
      waitForReady: true,
      connectTimeoutMs: 100,
    })
    expect(codeOf(await rejection(echoClient(transport).unary({})))).toBe(Code.Unavailable)
    await using patient = createUnixTransport({ address: '/nonexistent/x.sock', waitForReady: true })
    expect(codeOf(await rejection(echoClient(patient).unary({}, { timeoutMs: 50 })))).toBe(Code.DeadlineExceeded)
    expect(codeOf(await rejection(echoClient(patient).unary({}, { signal: AbortSignal.timeout(50) })))).toBe(
      Code.DeadlineExceeded,
    )
  })

  it('reconnects after the server came back', async () => {
    await using root = await tempRoot()
    await using transport = createUnixTransport({ address: root.join('s.sock') })
    for (let round = 0; round < 2; round++) {
      await using server = createRpcServer({ routes: () => {} })
      await server.listenUnix({ path: root.join('s.sock') })
      expect(codeOf(await rejection(echoClient(transport).unary({})))).toBe(Code.Unimplemented)
    }
  })

  it('closed once stays closed, and its calls fail as Unavailable', async () => {
    await using server = await serve({ unary: () => new Promise(() => {}) })
    const transport = createUnixTransport({ address: server.path })
    const call = rejection(echoClient(transport).unary({}))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await transport.close()
    expect(codeOf(await call)).toBe(Code.Unavailable)
    expect(codeOf(await rejection(echoClient(transport).unary({})))).toBe(Code.Unavailable)
    await transport.close()
  })

  it('sends the headers of all calls, unless the call has its own', async () => {
    await using server = await serve({ unary: (_, context) => ({ value: context.requestHeader.get('x-a') ?? '' }) })
    await using transport = createUnixTransport({ address: server.path, headers: { 'x-a': 'all' } })
    const client = echoClient(transport)
    expect((await client.unary({})).value).toBe('all')
    expect((await client.unary({}, { headers: { 'x-a': 'own' } })).value).toBe('own')
  })

  it('ends the call when the reader leaves its loop', async () => {
    let aborted = false
    await using server = await serve({
      async *server(_, context) {
        context.signal.addEventListener('abort', () => (aborted = true))
        for (;;) {
          yield { value: 'tick' }
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      },
    })
    await using client = leanTransport(server.path)
    for await (const _ of echoClient(client.transport).server({})) break
    expect(await eventually('handler aborted', () => aborted)).toBe(true)
  })
})

describe('what handlers do wrong', () => {
  it.each<readonly [string, Error, 'error' | 'debug']>([
    ['a defect as an error', new TypeError('odd'), 'error'],
    ['a class of its own for debugging', NotFoundError.of('x', 'y'), 'debug'],
    ['what a peer called unknown for debugging', new UnknownError('exit status 1'), 'debug'],
    [
      'a failed system call for debugging',
      new Error('write', { cause: Object.assign(new Error(), { code: 'ENOSPC' }) }),
      'debug',
    ],
  ])('is logged: %s', async (_, error, level) => {
    const logged: unknown[] = []
    const keep = (at: string) => (__: string, fields?: LogFields) =>
      void logged.push([at, fields?.['path'], fields?.['error']])
    const logger = { ...silentLogger, error: keep('error'), debug: keep('debug') }
    await using server = await serve(
      {
        unary() {
          throw error
        },
      },
      { logger },
    )
    await using client = leanTransport(server.path)
    await rejection(echoClient(client.transport).unary({}))
    expect(logged).toEqual([[level, '/test.Echo/Unary', error]])
  })

  it('costs the call alone when its metadata cannot be sent', async () => {
    await using server = await serve({
      unary({ value }, context) {
        if (value === 'bad') context.responseTrailer.set('connection', 'x')
        if (value === 'bad') context.responseTrailer.set('http2-settings', 'x')
        return { value }
      },
    })
    await using client = leanTransport(server.path)
    expect(codeOf(await rejection(echoClient(client.transport).unary({ value: 'bad' })))).toBe(Code.Internal)
    expect((await echoClient(client.transport).unary({ value: 'good' })).value).toBe('good')
  })

  it('with details too large to send, loses the details alone', async () => {
    await using server = await serve({
      unary() {
        throw withDetails(NotFoundError.of('x', 'y'), [{ typeUrl: 't', value: new Uint8Array(100_000) }])
      },
    })
    await using client = leanTransport(server.path)
    const error = await rejection(echoClient(client.transport).unary({}))
    expect([codeOf(error), detailsOf(error)]).toEqual([Code.NotFound, []])
  })
})

describe('back-pressure', () => {
  it('holds a server back whose client does not read', async () => {
    let sent = 0
    await using server = await serve({
      async *server() {
        for (; sent < 400; sent++) yield { value: 'x'.repeat(100_000) }
      },
    })
    await using client = leanTransport(server.path)
    const stream = echoClient(client.transport).server({})[Symbol.asyncIterator]()
    await stream.next()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = sent
    expect(before).toBeLessThan(100) // windows and buffers take a few megabytes of the forty
    let read = 1
    while ((await stream.next()).done !== true) read++
    expect([read, sent]).toEqual([400, 400])
  })

  it('holds a client back whose server does not read', async () => {
    let sent = 0
    const { promise: go, resolve: start } = Promise.withResolvers<void>()
    await using server = await serve({
      client: async (requests) => {
        await go
        let count = 0
        for await (const _ of requests) count++
        return { value: String(count) }
      },
    })
    await using client = leanTransport(server.path)
    const call = echoClient(client.transport).client(
      (async function* () {
        for (; sent < 400; sent++) yield { value: 'x'.repeat(100_000) }
      })(),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sent).toBeLessThan(100)
    start()
    expect((await call).value).toBe('400')
  })
})
