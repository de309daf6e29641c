// SPDX-License-Identifier: Apache-2.0
import { Content, WriteAction } from '@containerd-ts/api/services/content/v1/content_pb'
import { Introspection } from '@containerd-ts/api/services/introspection/v1/introspection_pb'
import { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import { AlreadyExistsError, Code, codeOf, isNotFound } from '@containerd-ts/errdefs'
import { findPeers, hasPeers, runCommand, startGoDaemon, tempRoot } from '@containerd-ts/testkit'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createClient, createUnixTransport, scopeHeaders } from '../../src/index.ts'
import { createRpcServer } from '../../src/server.ts'

describe.skipIf(!hasPeers().open)('Go peers', () => {
  it("Go's ctr talks to our server, and understands its errors", async () => {
    const peers = findPeers()
    await using root = await tempRoot()
    await using server = createRpcServer({
      routes(router) {
        router.service(Version, { version: () => ({ version: '2.3.4+ts.test', revision: 'abc' }) })
        router.service(Introspection, { server: () => ({ uuid: 'u-u-i-d' }) })
        router.service(Namespaces, {
          create: ({ namespace }) => {
            throw AlreadyExistsError.of('namespace', namespace?.name ?? '')
          },
        })
      },
    })
    await server.listenUnix({ path: root.join('s.sock') })
    const ctr = (...args: string[]) =>
      runCommand(`${peers?.binDir}/ctr`, ['-a', root.join('s.sock'), ...args], { env: peers?.env ?? {} })
    const version = await ctr('version')
    expect([version.exitCode, version.stdout]).toEqual([0, expect.stringContaining('Version:  2.3.4+ts.test')])
    expect(version.stdout).toContain('UUID: u-u-i-d')
    const namespace = await ctr('namespaces', 'create', 'x')
    expect([namespace.exitCode, namespace.stderr]).toEqual([1, expect.stringContaining('namespace x: already exists')])
  })

  it("our transport talks to Go's daemon, and understands its errors", async () => {
    await using daemon = await startGoDaemon()
    // Go's daemon wants the header even to create a namespace: it publishes an event in the caller's.
    await using transport = createUnixTransport({ address: daemon.address, headers: scopeHeaders({ namespace: 'a' }) })
    expect((await createClient(Version, transport).version({})).version).toContain('1.6')
    const namespaces = createClient(Namespaces, transport)
    await namespaces.create({ namespace: { name: 'a' } })
    const error: unknown = await namespaces.create({ namespace: { name: 'a' } }).catch((e: unknown) => e)
    expect(codeOf(error)).toBe(Code.AlreadyExists)
    expect(isNotFound(await namespaces.delete({ name: 'nope' }).catch((e: unknown) => e))).toBe(true)
  })

  it("streams blobs into Go's daemon and out of it", async () => {
    await using daemon = await startGoDaemon()
    await using transport = createUnixTransport({ address: daemon.address, headers: scopeHeaders({ namespace: 'a' }) })
    const content = createClient(Content, transport)
    const chunk = Buffer.alloc(4 << 20, 'blob')
    const writes = content.write(
      (async function* () {
        for (let i = 0; i < 5; i++)
          yield { action: WriteAction.WRITE, ref: 'r', offset: BigInt(i * chunk.length), data: chunk }
        yield { action: WriteAction.COMMIT, ref: 'r', offset: BigInt(5 * chunk.length) }
      })(),
    )
    let digest = ''
    for await (const response of writes) digest = response.digest
    const hash = createHash('sha256')
    for await (const { data } of content.read({ digest })) hash.update(data)
    expect(`sha256:${hash.digest('hex')}`).toBe(digest)
  })
})
