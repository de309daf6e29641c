// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { duplexPair, type Duplex, type Readable } from 'node:stream'
import { echoHandlers, echoService, ttrpcConformance, type TtrpcFixture } from '@containerd-ts/conformance/ttrpc'
import { TtrpcServer } from '@containerd-ts/ttrpc'
import { describe, expect, it } from 'vitest'

async function dial(path: string): Promise<Duplex> {
  const socket = connect({ path })
  await once(socket, 'connect')
  return socket
}

ttrpcConformance('TtrpcServer over a unix socket', async (): Promise<TtrpcFixture> => {
  const dir = await mkdtemp(join(tmpdir(), 'ttrpc-'))
  const server = new TtrpcServer().register(echoService, echoHandlers)
  const path = join(dir, 's.sock')
  await server.listen({ path })
  return {
    connect: () => dial(path),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await rm(dir, { recursive: true })
    },
  }
})

ttrpcConformance('TtrpcServer over a loopback pipe', (): Promise<TtrpcFixture> => {
  const server = new TtrpcServer().register(echoService, echoHandlers)
  return Promise.resolve({
    connect: () => {
      const [near, far] = duplexPair()
      server.serve(far)
      return Promise.resolve(near)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  })
})

const bun = join(createRequire(import.meta.url).resolve('@oven/bun-linux-x64/package.json'), '../bin/bun')

/** Starts the echo server on another runtime, on a listening socket that it inherits as fd 3. */
async function inheriting(program: string): Promise<TtrpcFixture & { readonly path: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'ttrpc-'))
  const path = join(dir, 's.sock')
  const listener = createServer()
  listener.listen(join(dir, 'first'))
  await once(listener, 'listening')
  await link(join(dir, 'first'), path) // closing the listener here unlinks its own name only
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle
  const args = ['--conditions=@containerd-ts/source', join(import.meta.dirname, 'echo-server.ts'), '3']
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit', fd] })
  await once(child.stdout as Readable, 'data')
  listener.close()
  return {
    path,
    connect: () => dial(path),
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      await rm(dir, { recursive: true })
    },
  }
}

ttrpcConformance('TtrpcServer on Bun, inherited socket', () => inheriting(bun))
ttrpcConformance('TtrpcServer on Node, inherited socket', () => inheriting(process.execPath))

describe.each([
  ['Bun', bun],
  ['Node', process.execPath],
])('TtrpcConnection on %s', (_name, program) => {
  it('calls, streams, gives up and ends as anywhere', async () => {
    await using server = await inheriting(process.execPath)
    const args = ['--conditions=@containerd-ts/source', join(import.meta.dirname, 'echo-client.ts'), server.path]
    const { stdout } = await promisify(execFile)(program, args)
    expect(JSON.parse(stdout)).toEqual({
      echo: 1 << 20,
      many: 100,
      context: [['containerd-namespace-ttrpc', ['ns']]],
      fail: 'task a: not found',
      late: expect.stringContaining('longer than 20 ms') as string,
      concat: 'ab',
      repeat: 30,
      chat: ['you said a', 'you said b'],
      closed: true,
      pending: 'ttrpc: closed',
    })
  })
})
