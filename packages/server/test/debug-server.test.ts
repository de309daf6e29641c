// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http'
import { stat } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { createDaemon, debugServerPlugin, pprofPlugin, Servers } from '@containerd-ts/server'
import type { Daemon } from '@containerd-ts/server'
import { tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Answer {
  readonly status: number
  readonly type: string | undefined
  readonly body: Buffer
}

const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const uri = 'io.containerd.server.v1.debug'

describe('the debug server', () => {
  let temp: TempRoot
  let daemon: Daemon
  let socket: string
  const start = (plugins: Readonly<Record<string, Record<string, string | number>>>): Promise<Daemon> =>
    createDaemon({
      plugins: [debugServerPlugin, pprofPlugin],
      config: { root: temp.join('root'), state: temp.join('state'), plugins },
    })
  beforeAll(async () => {
    temp = await tempRoot('debug-')
    socket = temp.join('made', 'debug.sock')
    daemon = await start({ [uri]: { address: socket, ...me } })
  })
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]()
    await temp[Symbol.asyncDispose]()
  })

  const get = async (path: string): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    request({ socketPath: socket, path }, (response) => {
      const { statusCode: status = 0, headers } = response
      buffer(response).then((body) => resolve({ status, type: headers['content-type'], body }), reject)
    })
      .on('error', reject)
      .end()
    return await promise
  }
  const document = async (path: string): Promise<unknown> => JSON.parse((await get(path)).body.toString())

  it('has a socket for its owner and group alone', async () => {
    expect((await stat(socket)).mode & 0o777).toBe(0o660)
  })

  it('is skipped where no address is configured', async () => {
    await using other = await createDaemon({
      plugins: [debugServerPlugin, pprofPlugin],
      config: { root: temp.join('root2'), state: temp.join('state2') },
    })
    expect(other.graph.all(Servers).size).toBe(0)
    expect(other.graph.records.find(({ id }) => id === 'debug')?.state.status).toBe('skip')
  })

  it('gives variables of the process', async () => {
    expect(await document('/debug/vars')).toMatchObject({
      pid: process.pid,
      cmdline: process.argv,
      memory: { rss: expect.any(Number) as unknown },
    })
  })

  it('lists what it offers', async () => {
    const { body } = await get('/debug/pprof/')
    for (const name of ['cmdline', 'goroutine', 'heap', 'profile', 'threadcreate', 'trace'])
      expect(body.toString()).toContain(`/debug/pprof/${name}: `)
  })

  it('gives the command line as the original does', async () => {
    expect((await get('/debug/pprof/cmdline')).body.toString()).toBe(process.argv.join('\0'))
  })

  it('takes a CPU profile for as long as it is asked to', async () => {
    const begin = performance.now()
    expect(await document('/debug/pprof/profile?seconds=0.2')).toMatchObject({
      nodes: expect.any(Array) as unknown,
      samples: expect.any(Array) as unknown,
    })
    expect(performance.now() - begin).toBeGreaterThan(190)
  })

  it('says what the process is at', async () => {
    expect(await document('/debug/pprof/goroutine?debug=2')).toMatchObject({
      javascriptStack: { stack: expect.any(Array) as unknown },
      libuv: expect.any(Array) as unknown,
      activeResources: expect.any(Array) as unknown,
    })
  })

  it('names the threads', async () => {
    expect((await get('/debug/pprof/threadcreate')).body.toString()).toMatch(new RegExp(`^${process.pid} .+\n`))
  })

  it('takes a heap snapshot', async () => {
    const { type, body } = await get('/debug/pprof/heap')
    expect(type).toBe('application/json')
    expect(body.subarray(0, 12).toString()).toBe('{"snapshot":')
    expect(body.at(-1)).toBe('}'.charCodeAt(0))
  })

  it.each(['/debug/pprof/block', '/debug/pprof/toString', '/debug/other', '/'])('answers 404 to %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  it('gives up on a profile whose reader has left', async () => {
    const left = request({ socketPath: socket, path: '/debug/pprof/profile?seconds=60' })
    left.on('error', () => {})
    left.end()
    await new Promise((resolve) => setTimeout(resolve, 100))
    left.destroy()
    expect((await get('/debug/pprof/cmdline')).status).toBe(200)
  })
})
