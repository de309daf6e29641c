// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { eventually } from '@containerd-ts/testkit'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { serve } from './fixture.ts'

interface Reply {
  readonly status: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function session(path: string): ClientHttp2Session & AsyncDisposable {
  const h2 = connectHttp2('http://x', { createConnection: () => connect(path) })
  return Object.assign(h2, { [Symbol.asyncDispose]: async () => h2.destroy() })
}

function post(h2: ClientHttp2Session, body: Buffer, headers: Record<string, string> = {}): Promise<Reply> {
  const stream = h2.request({
    ':method': 'POST',
    ':path': '/test.Echo/Unary',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  const { promise, resolve } = Promise.withResolvers<Reply>()
  const chunks: Buffer[] = []
  let status: string | string[] | undefined
  let response: IncomingHttpHeaders = {}
  stream.on('response', (got) => {
    response = got
    status = got['grpc-status']
  })
  stream.on('trailers', (trailers) => (status = trailers['grpc-status']))
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => {})
  stream.on('close', () =>
    resolve({
      status: status?.toString(),
      headers: response,
      body: Buffer.concat(chunks),
    }),
  )
  stream.end(body)
  return promise
}

const echo = { unary: ({ value }: { value: string }) => ({ value }) }
const hello = Buffer.from('00000000030a0168', 'hex') // StringValue "h"

describe('golden frames', () => {
  it('answers the bytes that Go would', async () => {
    await using server = await serve(echo)
    await using h2 = session(server.path)
    const reply = await post(h2, hello)
    expect([reply.status, reply.body.toString('hex'), reply.headers['content-type']]).toEqual([
      '0',
      hello.toString('hex'),
      'application/grpc',
    ])
  })

  it('answers errors in headers alone', async () => {
    await using server = await serve({})
    await using h2 = session(server.path)
    const reply = await post(h2, hello)
    expect([reply.status, reply.headers[':status'], reply.body.length]).toEqual([String(Code.Unimplemented), 200, 0])
  })

  it('says whether the service or the method is unknown', async () => {
    await using server = await serve(echo)
    await using h2 = session(server.path)
    const [service, method] = await Promise.all([
      post(h2, hello, { ':path': '/no.Such/Call' }),
      post(h2, hello, { ':path': '/test.Echo/None' }),
    ])
    expect([service.headers['grpc-message'], method.headers['grpc-message']]).toEqual([
      'unknown service no.Such: not implemented',
      'unknown method None for service test.Echo: not implemented',
    ])
  })

  it('takes gzip requests and never compresses answers', async () => {
    await using server = await serve(echo)
    await using h2 = session(server.path)
    const zipped = gzipSync(hello.subarray(5))
    const header = Buffer.from([1, 0, 0, 0, zipped.length])
    const reply = await post(h2, Buffer.concat([header, zipped]), {
      'grpc-encoding': 'gzip',
      'grpc-accept-encoding': 'gzip',
    })
    expect([reply.status, reply.body.toString('hex'), reply.headers['grpc-encoding']]).toEqual([
      '0',
      hello.toString('hex'),
      undefined,
    ])
  })

  it('takes the authorities that Go clients send', async () => {
    await using server = await serve(echo)
    await using h2 = session(server.path)
    for (const authority of ['localhost', '%2Frun%2Fcontainerd%2Fcontainerd.sock', 'dummy']) {
      expect((await post(h2, hello, { ':authority': authority })).status).toBe('0')
    }
  })
})

describe('hostile peers get an error and the server goes on', () => {
  const cases: readonly [string, Buffer, Record<string, string>, Code][] = [
    ['a length over the limit', Buffer.from('00ffffffff00', 'hex'), {}, Code.ResourceExhausted],
    ['a truncated message', Buffer.from('00000000ff61', 'hex'), {}, Code.Internal],
    ['a truncated header', Buffer.from('0000', 'hex'), {}, Code.Internal],
    ['no message', Buffer.alloc(0), {}, Code.Unimplemented],
    ['two messages for one', Buffer.concat([hello, hello]), {}, Code.Unimplemented],
    ['a compressed flag without encoding', Buffer.from('010000000161', 'hex'), {}, Code.Internal],
    ['an encoding we do not read', hello, { 'grpc-encoding': 'snappy' }, Code.Unimplemented],
    ['bytes that are no such message', Buffer.from('00000000030aff68', 'hex'), {}, Code.Internal],
    ['a malformed timeout', hello, { 'grpc-timeout': 'soon' }, Code.InvalidArgument],
    ['a timeout that is over', hello, { 'grpc-timeout': '0m' }, Code.DeadlineExceeded],
  ]
  it.each(cases)('%s', async (_, body, headers, code) => {
    await using server = await serve({
      unary: async ({ value }) => (await new Promise((resolve) => setTimeout(resolve, 20)), { value }),
    })
    await using h2 = session(server.path)
    expect((await post(h2, body, headers)).status).toBe(String(code))
    expect((await post(h2, hello)).status).toBe('0')
  })

  it('bytes of no protocol, and connections cut anywhere', async () => {
    await using server = await serve(echo)
    for (const bytes of ['', 'P', 'PRI * HT', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x00\x01\x02', 'GET / HT']) {
      const socket = connect(server.path)
      socket.on('error', () => {})
      await new Promise<void>((resolve) => socket.write(bytes === '' ? '\n' : bytes, 'latin1', () => resolve()))
      socket.destroy()
    }
    await using h2 = session(server.path)
    expect((await post(h2, hello)).status).toBe('0')
  })

  it('a preface that arrives byte by byte is one', async () => {
    await using server = await serve(echo)
    const socket = connect(server.path)
    let got = 0
    socket.on('data', (chunk: Buffer) => (got += chunk.length))
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0') {
      socket.write(byte, 'latin1')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(await eventually('settings frame', () => got > 0)).toBe(true)
    socket.destroy()
  })

  it('a peer that leaves mid-call cancels the handler', async () => {
    let aborted = false
    await using server = await serve({
      unary: (_, context) =>
        new Promise((_resolve, reject) => {
          context.signal.addEventListener('abort', () => {
            aborted = true
            reject(context.signal.reason as Error)
          })
        }),
    })
    const h2 = session(server.path)
    const reply = post(h2, hello)
    await new Promise((resolve) => setTimeout(resolve, 50))
    h2.destroy()
    await reply
    expect(await eventually('handler aborted', () => aborted)).toBe(true)
  })
})
