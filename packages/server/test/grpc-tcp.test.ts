// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import type { SecureClientSessionOptions } from 'node:http2'
import { connect } from 'node:net'
import type { ServiceImpl } from '@connectrpc/connect'
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import { definePlugin } from '@containerd-ts/plugin'
import { GrpcServices } from '@containerd-ts/rpc/slot'
import type { GrpcService } from '@containerd-ts/rpc/slot'
import { createDaemon, grpcTcpServerPlugin } from '@containerd-ts/server'
import type { Daemon } from '@containerd-ts/server'
import { freePort, hasBinary, mustRun, tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const uri = 'io.containerd.server.v1.grpc-tcp'
const implementation: ServiceImpl<typeof Version> = { version: () => ({ version: 'over tcp' }) }
const version = (overTcp: boolean) =>
  definePlugin({
    slot: GrpcServices,
    id: 'version',
    init: (): GrpcService =>
      Object.assign<GrpcService, object>((router) => void router.service(Version, implementation), { overTcp }),
  })

/** Status of a call of the version service, or the failure to make it. */
async function call(url: string, options: SecureClientSessionOptions = {}): Promise<string> {
  const session = connectHttp2(url, options)
  try {
    return await new Promise<string>((resolve) => {
      session.on('error', (error) => resolve(error.message))
      const stream = session.request({
        ':method': 'POST',
        ':path': '/containerd.services.version.v1.Version/Version',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      let status: unknown
      let text = ''
      stream.on('response', (headers) => (status = headers['grpc-status']))
      stream.on('trailers', (headers) => (status = headers['grpc-status']))
      stream.on('data', (bytes) => (text += String(bytes)))
      stream.on('error', (error) => resolve(error.message))
      stream.on('close', () => resolve(`${String(status)} ${text.slice(7)}`))
      stream.end(Buffer.alloc(5))
    })
  } finally {
    session.destroy()
  }
}

describe('gRPC over TCP', () => {
  let temp: TempRoot
  let count = 0
  beforeAll(async () => {
    temp = await tempRoot('grpc-tcp-')
  })
  afterAll(() => temp[Symbol.asyncDispose]())
  const start = (config: Readonly<Record<string, string>>, overTcp = true): Promise<Daemon> => {
    count++
    return createDaemon({
      plugins: [version(overTcp), grpcTcpServerPlugin],
      config: { root: temp.join(`root${count}`), state: temp.join(`state${count}`), plugins: { [uri]: config } },
    })
  }
  const statusOf = (daemon: Daemon): unknown => daemon.graph.records.find(({ id }) => id === 'grpc-tcp')?.state

  it('is skipped where no address is configured', async () => {
    await using daemon = await start({})
    expect(statusOf(daemon)).toMatchObject({ status: 'skip' })
  })

  it('serves services that are fit for it, in the clear', async () => {
    const address = `127.0.0.1:${await freePort()}`
    await using _daemon = await start({ address })
    expect(await call(`http://${address}`)).toBe('0 over tcp')
  })

  it('serves no others', async () => {
    const address = `127.0.0.1:${await freePort()}`
    await using _daemon = await start({ address }, false)
    expect(await call(`http://${address}`)).toMatch(/^12 /)
  })

  it.each([
    [{ tls_cert: '/c' }, 'TLS needs both tls_cert and tls_key'],
    [{ tls_ca: '/ca' }, 'TLS needs both tls_cert and tls_key'],
    [{ tls_cert: '/c', tls_key: '/k', tls_common_name: 'n' }, 'tls_common_name needs tls_ca'],
    [{ tls_cert: '/nosuch', tls_key: '/nosuch' }, 'ENOENT'],
  ])('fails as a plugin with %j', async (tls, message) => {
    await using daemon = await start({ address: '127.0.0.1:1', ...tls })
    expect(statusOf(daemon)).toMatchObject({
      status: 'error',
      error: { message: expect.stringContaining(message) as unknown },
    })
  })

  describe.skipIf(!hasBinary('openssl').open)('with certificates', () => {
    const openssl = (...args: readonly string[]) => mustRun('openssl', args)
    const pem = (name: string) => temp.join(`${name}.pem`)
    const key = (name: string) => temp.join(`${name}.key`)
    const made = new Map<string, { cert: Buffer; key: Buffer }>()
    const issue = async (name: string): Promise<void> => {
      await openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key(name),
        '-out',
        temp.join('csr'),
        '-subj',
        `/CN=${name}`,
      )
      await writeFile(temp.join('ext'), 'subjectAltName=IP:127.0.0.1\n')
      await openssl(
        'x509',
        '-req',
        '-in',
        temp.join('csr'),
        '-CA',
        pem('ca'),
        '-CAkey',
        key('ca'),
        '-CAcreateserial',
        '-extfile',
        temp.join('ext'),
        '-out',
        pem(name),
        '-days',
        '2',
      )
      made.set(name, { cert: await readFile(pem(name)), key: await readFile(key(name)) })
    }
    let ca: Buffer
    beforeAll(async () => {
      await openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key('ca'),
        '-out',
        pem('ca'),
        '-subj',
        '/CN=authority',
        '-days',
        '2',
      )
      ca = await readFile(pem('ca'))
      for (const name of ['server', 'friend', 'stranger']) await issue(name)
    })

    it('proves itself to clients', async () => {
      const address = `127.0.0.1:${await freePort()}`
      await using _daemon = await start({ address, tls_cert: pem('server'), tls_key: key('server') })
      expect(await call(`https://${address}`, { ca })).toBe('0 over tcp')
      expect(await call(`https://${address}`)).toMatch(/verify/)
    })

    it('wants proof where it has an authority, and the right name where one is set', async () => {
      const address = `127.0.0.1:${await freePort()}`
      const tls = { tls_cert: pem('server'), tls_key: key('server'), tls_ca: pem('ca'), tls_common_name: 'friend' }
      await using _daemon = await start({ address, ...tls })
      expect(await call(`https://${address}`, { ca, ...made.get('friend') })).toBe('0 over tcp')
      expect(await call(`https://${address}`, { ca, ...made.get('stranger') })).not.toMatch(/^0/)
      expect(await call(`https://${address}`, { ca })).not.toMatch(/^0/)
    })

    it('ends with connections that never shook hands', async () => {
      const address = `127.0.0.1:${await freePort()}`
      const daemon = await start({ address, tls_cert: pem('server'), tls_key: key('server') })
      const silent = connect(Number(address.split(':')[1]), '127.0.0.1')
      await new Promise((resolve) => silent.once('connect', resolve))
      const begin = performance.now()
      await daemon[Symbol.asyncDispose]()
      silent.destroy()
      expect(performance.now() - begin).toBeLessThan(5000)
    })
  })
})
