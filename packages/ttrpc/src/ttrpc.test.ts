// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { echoHandlers, echoService, RawPeer } from '@containerd-ts/conformance/ttrpc'
import { Code, codeOf, toWireStatus } from '@containerd-ts/errdefs'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  createTtrpcClient,
  encodeFrame,
  encodeResponse,
  FrameFlag,
  FrameType,
  isTtrpcClosed,
  MAX_MESSAGE_BYTES,
  sameOwner,
  TtrpcClosedError,
  TtrpcConnection,
  TtrpcServer,
  type HandlerFailure,
  type TtrpcServerOptions,
} from './index.ts'

function loopback(server: TtrpcServer, onClose?: () => void) {
  const [near, far] = duplexPair()
  server.serve(far)
  const connection = new TtrpcConnection(near, { onClose })
  return { connection, client: createTtrpcClient(echoService, connection) }
}

const echo = (options?: TtrpcServerOptions): TtrpcServer => new TtrpcServer(options).register(echoService, echoHandlers)

async function tempDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ttrpc-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

describe('TtrpcServer', () => {
  it('turns peers of another owner away before a byte is exchanged', async () => {
    await using dir = await tempDir()
    const asked: Socket[] = []
    const peerCredentials = (socket: unknown) => {
      asked.push(socket as Socket)
      return { pid: 1, uid: asked.length === 1 ? 12345 : 7, gid: 7 }
    }
    await using server = echo({ allowPeer: sameOwner({ peerCredentials }, { uid: 7, gid: 7 }) })
    const path = join(dir.path, 's')
    await server.listen({ path })
    await using refused = new RawPeer(connect(path))
    refused.request(1, 'Echo', 'a')
    expect(await refused.frame()).toBeUndefined()
    await using allowed = await TtrpcConnection.connect(path)
    expect((await createTtrpcClient(echoService, allowed).echo({ value: 'b' })).value).toBe('b')
  })

  it('lets running calls end when it shuts down, and takes no new connections', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 's')
    await using server = echo()
    await server.listen({ path })
    await using idle = await TtrpcConnection.connect(path)
    await using busy = await TtrpcConnection.connect(path)
    await createTtrpcClient(echoService, idle).echo({})
    const client = createTtrpcClient(echoService, busy)
    await client.echo({})
    const call = client.expire({}, { timeoutMs: 100 }).catch((e: unknown) => codeOf(e))
    await delay(10)
    const shutdown = server.shutdown()
    await idle.gone
    expect(busy.closed).toBe(false)
    await expect(TtrpcConnection.connect(path)).rejects.toMatchObject({ code: Code.Unavailable })
    expect([Code.DeadlineExceeded]).toContain(await call)
    await shutdown
    await busy.gone
  })

  it('cuts calls off when the grace ends', async () => {
    const server = echo()
    const { client } = loopback(server)
    const call = client.expire({}).catch((e: unknown) => e)
    await client.echo({})
    await server.shutdown(AbortSignal.timeout(20))
    expect(isTtrpcClosed(await call)).toBe(true)
  })

  it('cancels the calls of a connection that ends', async () => {
    const reason = Promise.withResolvers<unknown>()
    await using server = new TtrpcServer().register(echoService, {
      ...echoHandlers,
      expire: async (request, call) => {
        const answer = await (echoHandlers.expire as NonNullable<typeof echoHandlers.expire>)(request, call)
        reason.resolve(call.signal.reason)
        return answer
      },
    })
    const { client, connection } = loopback(server)
    const call = client.expire({}).catch((e: unknown) => e)
    await client.echo({})
    connection.close()
    expect(codeOf(await reason.promise)).toBe(Code.Canceled)
    expect(isTtrpcClosed(await call)).toBe(true)
  })

  it('reports what handlers throw', async () => {
    const failures: HandlerFailure[] = []
    await using server = new TtrpcServer({ onFailure: (failure) => failures.push(failure) }).register(echoService, {
      echo: () => {
        throw new Error('boom')
      },
    })
    const { client } = loopback(server)
    await expect(client.echo({})).rejects.toMatchObject({ code: Code.Unknown, message: 'boom' })
    expect(failures).toMatchObject([{ service: 'conformance.v1.Echo', method: 'Echo', status: { code: Code.Unknown } }])
  })

  it('answers with an error when its own message is too big', async () => {
    await using server = new TtrpcServer().register(echoService, {
      echo: () => ({ value: 'x'.repeat(MAX_MESSAGE_BYTES) }),
    })
    const { client } = loopback(server)
    await expect(client.echo({})).rejects.toMatchObject({ code: Code.ResourceExhausted })
  })

  it('stops reading while too many calls are in flight', async () => {
    await using server = echo({ maxConcurrentCalls: 2 })
    const { client } = loopback(server)
    const order: string[] = []
    const note = (name: string) => (): void => void order.push(name)
    await Promise.all([
      client.expire({}, { timeoutMs: 60 }).catch(note('slow')),
      client.expire({}, { timeoutMs: 30 }).catch(note('slow')),
      client.echo({}).then(note('echo')),
    ])
    expect(order).toEqual(['slow', 'echo', 'slow'])
  })

  it('stalls a sender whose handler does not read, without keeping its messages', async () => {
    await using server = echo()
    const { client, connection } = loopback(server)
    let sent = 0
    async function* flood() {
      for (; sent < 10_000; sent++) yield { value: 'x'.repeat(60_000) }
    }
    const stream = client.sleep(flood())[Symbol.asyncIterator]()
    const end = stream.next().catch((e: unknown) => e)
    await delay(100)
    expect(sent).toBeLessThan(20)
    connection.close()
    expect(isTtrpcClosed(await end)).toBe(true)
  })

  it('survives any bytes, and serves the next connection', async () => {
    await using server = echo()
    const frame = fc
      .tuple(fc.nat(20), fc.nat(4), fc.nat(7), fc.uint8Array({ maxLength: 40 }))
      .map(([id, type, flags, body]) => encodeFrame(id, type, flags, body))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(frame, fc.uint8Array({ maxLength: 30 })), { maxLength: 12 }),
        async (chunks) => {
          const [near, far] = duplexPair()
          server.serve(far)
          near.on('error', () => {}).resume()
          for (const chunk of chunks) near.write(chunk)
          near.end()
          await new Promise((resolve) => near.once('close', resolve))
        },
      ),
      { numRuns: 200 },
    )
    const { client } = loopback(server)
    expect((await client.echo({ value: 'alive' })).value).toBe('alive')
  })
})

describe('TtrpcConnection', () => {
  it('runs the on-close callback once, after the calls have failed', async () => {
    const server = echo()
    const order: string[] = []
    const onClose = vi.fn<() => void>(() => void order.push('close'))
    const { client, connection } = loopback(server, onClose)
    const call = client.expire({}).catch(() => order.push('call'))
    await client.echo({})
    server.close()
    connection.close()
    await Promise.all([call, connection.gone])
    expect(onClose).toHaveBeenCalledTimes(1)
    expect(connection.closed).toBe(true)
  })

  it('says which socket it could not dial', async () => {
    const error: unknown = await TtrpcConnection.connect('/nonexistent/s').catch((e: unknown) => e)
    expect(codeOf(error)).toBe(Code.Unavailable)
    expect(String(error)).toContain('/nonexistent/s')
  })

  it('dials abstract sockets', async () => {
    const path = `\0ttrpc-test-${process.pid}`
    await using server = echo()
    await server.listen({ path })
    await using connection = await TtrpcConnection.connect(path)
    expect((await createTtrpcClient(echoService, connection).echo({ value: 'b' })).value).toBe('b')
  })

  it('sends the time that is left and rising ids', async () => {
    const [near, far] = duplexPair()
    await using peer = new RawPeer(far)
    await using connection = new TtrpcConnection(near)
    const client = createTtrpcClient(echoService, connection)
    const calls = [1, 2, 3].map((i) => client.echo({}, { timeoutMs: i * 1000 }).catch((e: unknown) => e))
    const ids: number[] = []
    for (let i = 0; i < 3; i++) ids.push((await peer.frame())?.streamId ?? 0)
    expect(ids).toEqual([1, 3, 5])
    connection.close()
    await Promise.all(calls)
  })

  it('fails a call whose answer is malformed and drops what nobody waits for', async () => {
    const [near, far] = duplexPair()
    await using connection = new TtrpcConnection(near)
    const client = createTtrpcClient(echoService, connection)
    const [first, second] = [client.echo({}), client.echo({})]
    far.write(encodeFrame(99, FrameType.Response, 0, encodeResponse({ payload: new Uint8Array(0) })))
    far.write(encodeFrame(1, FrameType.Response, 0, Buffer.from('ff', 'hex')))
    far.write(encodeFrame(3, FrameType.Response, 0, encodeResponse({ payload: Buffer.from('0a0161', 'hex') })))
    await expect(first).rejects.toMatchObject({ code: Code.DataLoss })
    expect((await second).value).toBe('a')
  })

  it('reads a trailing message in the frame that ends a stream', async () => {
    const [near, far] = duplexPair()
    await using connection = new TtrpcConnection(near)
    const client = createTtrpcClient(echoService, connection)
    const stream = client.repeat({})[Symbol.asyncIterator]()
    const first = stream.next()
    far.write(encodeFrame(1, FrameType.Data, FrameFlag.RemoteClosed, Buffer.from('0a0161', 'hex')))
    expect((await first).value?.value).toBe('a')
    expect((await stream.next()).done).toBe(true)
  })

  it('ends a connection whose peer sends more than the limit', async () => {
    const [near, far] = duplexPair()
    await using connection = new TtrpcConnection(near)
    const call = createTtrpcClient(echoService, connection).echo({})
    far.write(encodeFrame(1, FrameType.Response, 0, Buffer.alloc(MAX_MESSAGE_BYTES + 1)))
    await expect(call).rejects.toSatisfy(isTtrpcClosed)
  })

  it('passes a failing input of a stream to its caller', async () => {
    await using server = echo()
    const { client } = loopback(server)
    async function* broken() {
      yield { value: 'a' }
      throw new Error('input broke')
    }
    await expect(client.concat(broken())).rejects.toThrow('input broke')
    expect((await client.echo({ value: 'on' })).value).toBe('on')
  })
})

describe('TtrpcClosedError', () => {
  it('travels as Unknown with the text of the original', () => {
    expect(toWireStatus(new TtrpcClosedError())).toEqual({ code: Code.Unknown, message: 'ttrpc: closed' })
    expect(isTtrpcClosed(new Error('get state', { cause: new TtrpcClosedError() }))).toBe(true)
    expect(isTtrpcClosed(new Error('ttrpc: closed'))).toBe(false)
  })
})
