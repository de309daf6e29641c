// SPDX-License-Identifier: Apache-2.0
import { mustRun, tempRoot } from '@containerd-ts/testkit'
import { createServer } from 'node:http2'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { create, toBinary } from '@bufbuild/protobuf'
import { StringValueSchema } from '@bufbuild/protobuf/wkt'
import { encodeFrame } from '../src/wire/frames.ts'

const bun = createRequire(import.meta.url).resolve('@oven/bun-linux-x64/bin/bun')
const mib = 1 << 20

/** As Go's server does when a connection proves fast: each time that so many bytes came, all windows grow. */
const growths = [
  { afterBytes: 1 * mib, windowBytes: 128 << 10 },
  { afterBytes: 3 * mib, windowBytes: 1 * mib },
  { afterBytes: 9 * mib, windowBytes: 2 * mib },
]

function receive(stream: ServerHttp2Stream, grow: (session: Http2Session, bytes: number) => void): void {
  let bytes = 0
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (stream.session) grow(stream.session, chunk.length)
  })
  stream.on('end', () => {
    const reply = toBinary(StringValueSchema, create(StringValueSchema, { value: String(bytes) }))
    stream.end(encodeFrame(reply, mib))
  })
}

it.each([
  [1, 'Node', process.execPath],
  [1, 'Bun', bun],
  [3, 'Bun', bun],
])('%d uploads under %s go on when the server grows their windows', async (uploads, _, program) => {
  await using temp = await tempRoot('rpc-')
  const left = [...growths]
  let total = 0
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream) =>
    receive(stream, (session, bytes) => {
      total += bytes
      if (total < (left[0]?.afterBytes ?? Infinity)) return
      session.settings({ initialWindowSize: left.shift()?.windowBytes ?? 0 })
    }),
  )
  const path = temp.join('s')
  server.listen(path)
  await once(server, 'listening')
  try {
    const client = join(import.meta.dirname, 'window-client.ts')
    const args = ['--conditions=@containerd-ts/source', client, path, String(uploads), '16']
    const { stdout } = await mustRun(program, args, { timeoutMs: 20_000 })
    expect(JSON.parse(stdout)).toHaveLength(uploads)
    expect(left).toEqual([])
  } finally {
    server.close()
  }
})
