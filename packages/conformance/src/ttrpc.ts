// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import { Code, codeOf } from '@containerd-ts/errdefs'
import {
  createTtrpcClient,
  FrameFlag,
  FrameType,
  isTtrpcClosed,
  MAX_MESSAGE_BYTES,
  TtrpcConnection,
} from '@containerd-ts/ttrpc'
import { describe, expect, it } from 'vitest'
import { echoService } from './ttrpc-echo.ts'
import { messageText, RawPeer, textMessage } from './ttrpc-raw.ts'

export { echoHandlers, echoService } from './ttrpc-echo.ts'
export { RawPeer } from './ttrpc-raw.ts'
export type { EchoService } from './ttrpc-echo.ts'

/** A running server that serves `echoHandlers`. */
export interface TtrpcFixture extends AsyncDisposable {
  connect(): Promise<Duplex>
}

/** What every ttrpc server does, frame by frame, and what a client sees of it. */
export function ttrpcConformance(name: string, setup: () => Promise<TtrpcFixture>): void {
  describe(`${name}: ttrpc frames`, () => {
    framesSuite(setup)
  })
  describe(`${name}: ttrpc calls`, () => {
    callsSuite(setup)
  })
}

function framesSuite(setup: () => Promise<TtrpcFixture>): void {
  const withPeer = async (work: (peer: RawPeer) => Promise<void>): Promise<void> => {
    await using fixture = await setup()
    await using peer = new RawPeer(await fixture.connect())
    await work(peer)
  }

  it('answers a unary call with one response frame without flags', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Echo', 'hi')
      const frame = await peer.frame()
      expect(frame).toMatchObject({ streamId: 1, type: FrameType.Response, flags: 0 })
      expect(Buffer.from(frame?.body ?? []).toString('hex')).toBe('12040a026869')
    }))

  it('answers calls as they finish, not as they came', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Expire', '', { timeoutNano: 50_000_000n })
      peer.request(3, 'Echo', 'fast')
      expect(await peer.response()).toMatchObject({ streamId: 3, text: 'fast' })
      expect(await peer.response()).toMatchObject({ streamId: 1, text: 'DeadlineExceededError' })
    }))

  it('takes a negative timeout as already over', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Expire', '', { timeoutNano: -1n })
      expect(await peer.response()).toMatchObject({ text: 'DeadlineExceededError' })
    }))

  const refusals: [what: string, act: (peer: RawPeer) => void, code: Code, message: string | RegExp][] = [
    [
      'an even stream id',
      (p) => p.request(2, 'Echo', ''),
      Code.InvalidArgument,
      'StreamID must be odd for client initiated streams',
    ],
    [
      'stream id zero',
      (p) => p.request(0, 'Echo', ''),
      Code.InvalidArgument,
      'StreamID must be odd for client initiated streams',
    ],
    [
      'data for a stream nobody opened',
      (p) => p.send(5, FrameType.Data, 0),
      Code.InvalidArgument,
      'StreamID is no longer active',
    ],
    [
      'an undecodable request',
      (p) => p.send(1, FrameType.Request, 0, Buffer.from('ffff', 'hex')),
      Code.InvalidArgument,
      /^unmarshal request error: /,
    ],
    [
      'an unknown service',
      (p) => p.request(1, 'Echo', '', { service: 'no.Such' }),
      Code.Unimplemented,
      'service no.Such',
    ],
    ['an unknown method', (p) => p.request(1, 'Nope', ''), Code.Unimplemented, 'method Nope'],
    ['a method without a handler', (p) => p.request(1, 'Missing', ''), Code.Unimplemented, 'method Missing'],
    ['a handler that answers nothing', (p) => p.request(1, 'Nil', ''), Code.Unknown, 'ttrpc: marshal called with nil'],
    [
      'a body over the limit',
      (p) => p.send(1, FrameType.Request, 0, Buffer.alloc(MAX_MESSAGE_BYTES + 1)),
      Code.ResourceExhausted,
      `message length ${MAX_MESSAGE_BYTES + 1} exceed maximum message size of ${MAX_MESSAGE_BYTES}`,
    ],
    ['an undecodable payload', badPayload, Code.Internal, /^ttrpc: error unmarshalling payload: /],
  ]
  it.each(refusals)('refuses %s and goes on', (_what, act, code, message) =>
    withPeer(async (peer) => {
      act(peer)
      const refused = await peer.response()
      expect(refused.code).toBe(code)
      expect(refused.message).toEqual(textLike(message))
      peer.request(99, 'Echo', 'still here')
      expect(await peer.response()).toMatchObject({ streamId: 99, text: 'still here' })
    }),
  )

  it('refuses a stream id that does not rise', () =>
    withPeer(async (peer) => {
      peer.request(3, 'Echo', 'a')
      await peer.response()
      for (const id of [3, 1]) {
        peer.request(id, 'Echo', 'b')
        expect(await peer.response()).toMatchObject({
          streamId: id,
          code: Code.InvalidArgument,
          message: 'StreamID cannot be re-used and must increment',
        })
      }
    }))

  it('ignores frame types it does not know, and responses', () =>
    withPeer(async (peer) => {
      for (const type of [0, 2, 4, 255]) peer.send(1, type, 0xff, Buffer.from('x'))
      peer.request(1, 'Echo', 'a')
      expect(await peer.response()).toMatchObject({ streamId: 1, text: 'a' })
    }))

  it('refuses data on a unary call and drops its answer', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Expire', '', { timeoutNano: 20_000_000n })
      peer.send(1, FrameType.Data, 0, textMessage('x'))
      expect((await peer.response()).code).toBe(Code.InvalidArgument)
      peer.request(3, 'Echo', 'a')
      expect(await peer.response()).toMatchObject({ streamId: 3 })
    }))

  it('ends a server stream with an empty frame that says so', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Repeat', '2 x')
      for (let i = 0; i < 2; i++) {
        const frame = await peer.frame()
        expect(frame).toMatchObject({ type: FrameType.Data, flags: 0 })
        expect(messageText(frame?.body ?? new Uint8Array(0))).toBe('x')
      }
      expect(await peer.frame()).toMatchObject({
        type: FrameType.Data,
        flags: FrameFlag.RemoteClosed | FrameFlag.NoData,
        lengthBytes: 0,
      })
    }))

  it('takes an empty data frame without the no-data flag for an empty message', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Chat', undefined)
      peer.send(1, FrameType.Data, 0)
      const frame = await peer.frame()
      expect(messageText(frame?.body ?? new Uint8Array(0))).toBe('you said ')
    }))

  it('takes the first message of a client stream from a request that has one', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Concat', 'a')
      peer.send(1, FrameType.Data, 0, textMessage('b'))
      peer.send(1, FrameType.Data, FrameFlag.RemoteClosed | FrameFlag.NoData)
      expect(await peer.response()).toMatchObject({ streamId: 1, text: 'ab' })
    }))

  it('delivers data that comes with the close, and complains', () =>
    withPeer(async (peer) => {
      peer.request(1, 'Chat', undefined)
      peer.send(1, FrameType.Data, FrameFlag.RemoteClosed, textMessage('last'))
      const seen = [await peer.frame(), await peer.frame()]
        .map((frame) => frame?.type)
        .toSorted((a, b) => Number(a) - Number(b))
      expect(seen).toEqual([FrameType.Response, FrameType.Data])
    }))

  it('lives through a connection that ends inside a frame', async () => {
    await using fixture = await setup()
    for (const bytes of [1, 9, 10, 12]) {
      await using peer = new RawPeer(await fixture.connect())
      peer.socket.end(Buffer.from('00000005000000010100aabb', 'hex').subarray(0, bytes))
      expect(await peer.frame()).toBeUndefined()
    }
    await using peer = new RawPeer(await fixture.connect())
    peer.request(1, 'Echo', 'a')
    expect(await peer.response()).toMatchObject({ text: 'a' })
  })
}

const textLike = (text: string | RegExp): unknown => (typeof text === 'string' ? text : expect.stringMatching(text))

function badPayload(peer: RawPeer): void {
  // service and method of Echo, payload field holding one byte that is no message
  const body = Buffer.concat([
    Buffer.from([0x0a, 19]),
    Buffer.from('conformance.v1.Echo'),
    Buffer.from([0x12, 4]),
    Buffer.from('Echo'),
    Buffer.from([0x1a, 1, 0xff]),
  ])
  peer.send(1, FrameType.Request, 0, body)
}

function callsSuite(setup: () => Promise<TtrpcFixture>): void {
  const withClient = async (
    work: (client: ReturnType<typeof connect>, connection: TtrpcConnection) => Promise<void>,
  ): Promise<void> => {
    await using fixture = await setup()
    await using connection = new TtrpcConnection(await fixture.connect())
    await work(connect(connection), connection)
  }
  const connect = (connection: TtrpcConnection) => createTtrpcClient(echoService, connection)
  async function* texts(...values: string[]) {
    for (const value of values) yield { value }
  }
  const collect = async (stream: AsyncIterable<{ value: string }>): Promise<string[]> => {
    const out: string[] = []
    for await (const { value } of stream) out.push(value)
    return out
  }

  it('carries many calls at once over one connection', () =>
    withClient(async (client) => {
      const values = Array.from({ length: 200 }, (_, i) => `call ${i}`)
      const answers = await Promise.all(values.map((value) => client.echo({ value })))
      expect(answers.map((answer) => answer.value)).toEqual(values)
    }))

  it('carries messages of megabytes', () =>
    withClient(async (client) => {
      const value = 'x'.repeat(3 << 20)
      expect((await client.echo({ value })).value).toBe(value)
      await expect(client.echo({ value: 'x'.repeat(MAX_MESSAGE_BYTES) })).rejects.toMatchObject({
        code: Code.ResourceExhausted,
      })
      expect((await client.echo({ value: 'after' })).value).toBe('after')
    }))

  it('carries code and text of errors', () =>
    withClient(async (client) => {
      const error: unknown = await client.fail({ value: '9 x is busy: conflict' }).catch((e: unknown) => e)
      expect(error).toMatchObject({
        name: 'ConflictError',
        code: Code.FailedPrecondition,
        message: 'x is busy: conflict',
      })
      await expect(client.fail({ value: '5 task a: not found' })).rejects.toMatchObject({ name: 'NotFoundError' })
    }))

  it('carries metadata with lower-cased keys, repeated ones in order', () =>
    withClient(async (client) => {
      const { value } = await client.context({}, { namespace: 'ns1', metadata: { 'X-Many': ['a', 'b'] } })
      expect(JSON.parse(value)).toEqual([
        ['x-many', ['a', 'b']],
        ['containerd-namespace-ttrpc', ['ns1']],
      ])
    }))

  it('gives up on a call at its deadline or signal, and goes on', () =>
    withClient(async (client) => {
      expect(codeOf(await client.expire({}, { timeoutMs: 10 }).catch((e: unknown) => e))).toBe(Code.DeadlineExceeded)
      const stop = new AbortController()
      const call = client.expire({}, { signal: stop.signal })
      stop.abort()
      expect(codeOf(await call.catch((e: unknown) => e))).toBe(Code.Canceled)
      expect((await client.echo({ value: 'on' })).value).toBe('on')
    }))

  it('streams from the server to its end or failure', () =>
    withClient(async (client) => {
      expect(await collect(client.repeat({ value: '50 x' }))).toEqual(Array.from({ length: 50 }, () => 'x'))
      expect(await collect(client.repeat({ value: '0 x' }))).toEqual([])
      const error: unknown = await collect(client.repeat({ value: '3 !6' })).catch((e: unknown) => e)
      expect(codeOf(error)).toBe(Code.AlreadyExists)
    }))

  it('leaves the connection usable when a stream is left early', () =>
    withClient(async (client) => {
      for await (const { value } of client.repeat({ value: '1000 x' })) {
        expect(value).toBe('x')
        break
      }
      expect((await client.echo({ value: 'on' })).value).toBe('on')
    }))

  it('streams to the server, and both ways', () =>
    withClient(async (client) => {
      expect((await client.concat(texts('a', 'b', '', 'c'))).value).toBe('abc')
      expect((await client.concat(texts())).value).toBe('')
      expect(await collect(client.chat(texts('a', 'b')))).toEqual(['you said a', 'you said b'])
    }))

  it('fails every call when the connection is closed, and every later one', () =>
    withClient(async (client, connection) => {
      const pending = client.expire({}).catch((e: unknown) => e)
      await client.echo({})
      connection.close()
      expect(isTtrpcClosed(await pending)).toBe(true)
      const later: unknown = await client.echo({}).catch((e: unknown) => e)
      expect(later).toMatchObject({ message: 'ttrpc: closed' })
    }))
}
