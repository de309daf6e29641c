// SPDX-License-Identifier: Apache-2.0
import { ConnectError, Code as ConnectCode } from '@connectrpc/connect'
import { Code, codeOf, ConflictError, InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { detailsOf, withDetails } from '../src/index.ts'
import { eventually } from '@containerd-ts/testkit'
import { connectTransport, echoClient, leanTransport, serve } from './fixture.ts'
import type { EchoImpl, TransportFixture } from './fixture.ts'
import type { RpcServerOptions } from '../src/server.ts'

const transports = { ours: leanTransport, "connect's": connectTransport } satisfies Record<
  string,
  (path: string) => TransportFixture
>
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  )

async function collect(source: AsyncIterable<{ value: string }>): Promise<string[]> {
  const values: string[] = []
  for await (const { value } of source) values.push(value)
  return values
}

async function* values(...items: string[]): AsyncGenerator<{ value: string }> {
  for (const value of items) yield { value }
}

describe.each(['lean', 'connect'] as const)('%s server', (grpc) => {
  describe.each(Object.entries(transports))('%s transport', (name, open) => {
    async function world(echo: EchoImpl, options: Partial<RpcServerOptions> = {}) {
      const stack = new AsyncDisposableStack()
      const { path, server } = stack.use(await serve(echo, { grpc, ...options }))
      const { transport } = stack.use(open(path))
      return {
        server,
        transport,
        client: echoClient(transport),
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      }
    }

    it('answers unary calls, many at once', async () => {
      await using w = await world({ unary: ({ value }) => ({ value: `<${value}>` }) })
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => w.client.unary({ value: String(i) })))
      expect(answers.map(({ value }) => value)).toEqual(Array.from({ length: 50 }, (_, i) => `<${i}>`))
    })

    it('streams from the server', async () => {
      await using w = await world({ server: ({ value }) => values(value, value, '') })
      expect(await collect(w.client.server({ value: 'x' }))).toEqual(['x', 'x', ''])
    })

    it('streams nothing from the server', async () => {
      await using w = await world({ server: () => values() })
      expect(await collect(w.client.server({ value: 'x' }))).toEqual([])
    })

    it('streams from the client', async () => {
      await using w = await world({ client: async (requests) => ({ value: (await collect(requests)).join('+') }) })
      expect((await w.client.client(values('a', 'b', 'c'))).value).toBe('a+b+c')
    })

    it('streams both ways, one for one', async () => {
      await using w = await world({
        async *bidi(requests) {
          for await (const { value } of requests) yield { value: value.toUpperCase() }
        },
      })
      expect(await collect(w.client.bidi(values('a', 'b')))).toEqual(['A', 'B'])
    })

    it('lets a handler answer before the client has finished', async () => {
      let returned = false
      await using w = await world({ bidi: () => values('done') })
      const endless = {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise<IteratorResult<{ value: string }>>((resolve) =>
              setTimeout(resolve, 5, { done: false, value: { value: 'x' } }),
            ),
          return: async () => {
            returned = true
            return { done: true as const, value: undefined }
          },
          throw: (error: unknown) => Promise.reject(error), // Connect's transport insists on it
        }),
      }
      expect(await collect(w.client.bidi(endless))).toEqual(['done'])
      if (name === 'ours') await eventually('input released', () => returned)
    })

    it('carries metadata and trailers, binary ones too', async () => {
      const seen: (string | null)[] = []
      await using w = await world({
        unary(_, context) {
          seen.push(context.requestHeader.get('x-plain'), context.requestHeader.get('x-raw-bin'))
          context.responseHeader.set('x-head', 'h')
          context.responseTrailer.set('x-trail-bin', 'AAEC')
          return { value: '' }
        },
      })
      let head: string | null = null
      let trail: string | null = null
      await w.client.unary(
        {},
        {
          headers: { 'x-plain': 'p', 'X-Raw-Bin': 'AQI' },
          onHeader: (headers) => (head = headers.get('x-head')),
          onTrailer: (trailers) => (trail = trailers.get('x-trail-bin')),
        },
      )
      expect([...seen, head, trail]).toEqual(['p', 'AQI', 'h', 'AAEC'])
    })

    it("turns domain errors into the original's codes and texts", async () => {
      const errors: Record<string, Error> = {
        missing: NotFoundError.of('image', 'größe 100%'),
        busy: new ConflictError('image x is in use'),
        connect: new ConnectError('as it is', ConnectCode.DataLoss),
        plain: new Error('no class'),
        wrapped: new Error('outer', { cause: new InvalidArgumentError('inner') }),
      }
      await using w = await world({
        unary({ value }) {
          throw errors[value] ?? new Error('test')
        },
      })
      const outcome = async (value: string): Promise<[Code, string]> => {
        const error = await rejection(w.client.unary({ value }))
        return [codeOf(error), error instanceof ConnectError ? error.rawMessage : (error as Error).message]
      }
      expect(await outcome('missing')).toEqual([Code.NotFound, 'image größe 100%: not found'])
      expect(await outcome('busy')).toEqual([Code.FailedPrecondition, 'image x is in use: conflict'])
      expect(await outcome('connect')).toEqual([Code.DataLoss, 'as it is'])
      expect(await outcome('plain')).toEqual([Code.Unknown, 'no class'])
      expect(await outcome('wrapped')).toEqual([Code.InvalidArgument, 'outer: inner: invalid argument'])
    })

    it('delivers what was streamed before an error, then the error', async () => {
      await using w = await world({
        async *server() {
          yield { value: 'one' }
          throw NotFoundError.of('thing', 'two')
        },
      })
      const got: string[] = []
      const error = await rejection(
        (async () => {
          for await (const { value } of w.client.server({})) got.push(value)
        })(),
      )
      expect([got, codeOf(error)]).toEqual([['one'], Code.NotFound])
    })

    it('carries status details', async () => {
      const details = [{ typeUrl: 'google.protobuf.StringValue', value: new Uint8Array([10, 1, 120]) }]
      await using w = await world({
        unary() {
          throw withDetails(new InvalidArgumentError('see details'), details)
        },
      })
      const error = await rejection(w.client.unary({}))
      const got =
        error instanceof ConnectError
          ? error.details.map((detail) => ('type' in detail ? [detail.type, Buffer.from(detail.value)] : []))
          : detailsOf(error).map(({ typeUrl, value }) => [
              typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
              Buffer.from(value),
            ])
      expect(got).toEqual([['google.protobuf.StringValue', Buffer.from([10, 1, 120])]])
    })

    it('answers Unimplemented for methods and services it does not have', async () => {
      await using w = await world({})
      expect(codeOf(await rejection(w.client.unary({})))).toBe(Code.Unimplemented)
    })

    it('ends a call at its deadline, and the handler with it', async () => {
      let aborted: unknown
      await using w = await world({
        unary: async (_, context) => {
          expect(context.timeoutMs()).toBeGreaterThan(0)
          await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()))
          aborted = context.signal.reason
          throw context.signal.reason
        },
      })
      const error = await rejection(w.client.unary({}, { timeoutMs: 100 }))
      expect(codeOf(error)).toBe(Code.DeadlineExceeded)
      await eventually('handler aborted', () => aborted !== undefined)
    })

    it('cancels the handler when the client gives up', async () => {
      let aborted = false
      await using w = await world({
        async *server(_, context) {
          context.signal.addEventListener('abort', () => (aborted = true))
          yield { value: 'first' }
          await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()))
        },
      })
      const controller = new AbortController()
      const error = await rejection(
        (async () => {
          for await (const _ of w.client.server({}, { signal: controller.signal })) controller.abort()
        })(),
      )
      expect(codeOf(error)).toBe(Code.Canceled)
      await eventually('handler aborted', () => aborted)
    })

    it('limits messages both ways', async () => {
      await using w = await world(
        { unary: ({ value }) => ({ value: value === 'big' ? 'x'.repeat(2000) : 'ok' }) },
        { maxReceiveBytes: 1000, maxSendBytes: 1000 },
      )
      expect((await w.client.unary({ value: 'x'.repeat(900) })).value).toBe('ok')
      expect(codeOf(await rejection(w.client.unary({ value: 'x'.repeat(2000) })))).toBe(Code.ResourceExhausted)
      expect(codeOf(await rejection(w.client.unary({ value: 'big' })))).toBe(Code.ResourceExhausted)
    })

    it('carries messages of many megabytes', async () => {
      await using w = await world({ unary: ({ value }) => ({ value }) })
      const value = 'z'.repeat(12 * 1024 * 1024)
      expect((await w.client.unary({ value })).value.length).toBe(value.length)
    })

    it('runs interceptors around unary and streaming calls', async () => {
      const log: string[] = []
      await using w = await world(
        {
          unary: ({ value }, context) => ({ value: `${value}${context.requestHeader.get('x-added')}` }),
          server: () => values('a', 'b'),
        },
        {
          interceptors: [
            (next) => async (request) => {
              log.push(`outer ${request.method.name}`)
              return next(request)
            },
            (next) => async (request) => {
              request.header.set('x-added', '!')
              const response = await next(request)
              response.trailer.set('x-inner', String(response.stream))
              return response
            },
          ],
        },
      )
      const trailers: (string | null)[] = []
      const onTrailer = (headers: Headers) => void trailers.push(headers.get('x-inner'))
      expect((await w.client.unary({ value: 'v' }, { onTrailer })).value).toBe('v!')
      expect(await collect(w.client.server({}, { onTrailer }))).toEqual(['a', 'b'])
      expect([log, trailers]).toEqual([
        ['outer Unary', 'outer Server'],
        ['false', 'true'],
      ])
    })

    it('reports calls to the observer', async () => {
      const seen: string[] = []
      const observer = {
        started: ({ method, type }: { method: string; type: string }) => void seen.push(`start ${method} ${type}`),
        received: () => void seen.push('in'),
        sent: () => void seen.push('out'),
        handled: (_: unknown, code: Code) => void seen.push(`code ${code}`),
      }
      await using w = await world(
        {
          server: () => values('a', 'b'),
          unary() {
            throw NotFoundError.of('x', 'y')
          },
        },
        { observer },
      )
      await collect(w.client.server({}))
      await rejection(w.client.unary({}))
      await eventually('all reported', () => seen.length >= 8)
      expect(seen).toEqual([
        'start Server server_streaming',
        'in',
        'out',
        'out',
        'code 0',
        'start Unary unary',
        'in',
        'code 5',
      ])
    })
  })
})
