// SPDX-License-Identifier: Apache-2.0
import type { ImageVerifier, RegistryAccess, RegistryCredentials } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { hasPeers, makeImage, startRegistry, tempRoot } from '@containerd-ts/testkit'
import type { Registry } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import {
  collectingSink,
  leases,
  linuxAmd64,
  names,
  namespace,
  openWorld,
  progressLog,
  storeEnd,
} from './transfer-fixture.ts'

const registryEnd = (reference: string, access: RegistryAccess = {}) => ({
  kind: 'registry' as const,
  reference,
  access,
})

async function pushed(registry: Registry, repository: string) {
  await using root = await tempRoot('layout-')
  const layers = [[{ name: 'a', data: Buffer.alloc(40_000, 'a') }], [{ name: 'b', data: 'b' }]]
  const image = await makeImage(root.path, { layers })
  return { image, reference: await registry.push(image, repository, 'v1') }
}

describe.skipIf(!hasPeers().open)('registry', () => {
  it('pulls, unpacks and names, telling each step; nothing is collectable afterwards', async () => {
    await using registry = await startRegistry()
    await using world = await openWorld({ userAgent: 'containerd/test' })
    const { image, reference } = await pushed(registry, 'library/x')
    const log = progressLog()
    const to = storeEnd({
      name: reference,
      labels: { a: 'b' },
      platforms: [linuxAmd64],
      allMetadata: true,
      unpacks: [{ platform: linuxAmd64, snapshotter: '' }],
    })
    await world.transferrer.transfer(namespace, registryEnd(reference), to, log)
    expect(await world.view.images.get(reference)).toMatchObject({
      target: { digest: image.manifest.digest },
      labels: { a: 'b' },
    })
    const place = `OCI Registry (${reference})`
    expect(log.events().slice(0, 3)).toEqual([
      `Resolving from ${place}`,
      `Pulling from ${place}`,
      `fetching image content ${reference}`,
    ])
    expect(log.events().slice(-2)).toEqual([`saved ${reference}`, `Completed pull from ${place}`])
    const root = log.seen.find(({ name }) => name === `manifest-${image.manifest.digest}`)
    expect(root?.parents).toEqual([reference])
    const layer = log.seen.filter(({ name }) => name === `layer-${image.layers[0]?.digest}`)
    expect(layer[0]).toMatchObject({ event: 'waiting', parents: [`manifest-${image.manifest.digest}`] })
    expect(layer.at(-1)).toMatchObject({ event: 'extracted', total: image.layers[0]?.size })
    expect(await leases(world.view)).toBe(0)
    await world.metadata.collector.collect()
    for (const { digest } of [image.manifest, image.config, ...image.layers]) {
      expect((await world.view.content.info(digest as never)).digest).toBe(digest)
    }
    expect(world.snapshots.names).toHaveLength(2)
    for (const { labels } of await Array.fromAsync(world.view.snapshotter('memory').list())) {
      expect(labels).toMatchObject({
        'containerd.io/snapshot/cri.image-ref': reference,
        'containerd.io/snapshot/cri.manifest-digest': image.manifest.digest,
      })
    }
  })

  it('pushes what it has under another name', async () => {
    await using registry = await startRegistry()
    await using world = await openWorld()
    const { image, reference } = await pushed(registry, 'library/x')
    await world.transferrer.transfer(namespace, registryEnd(reference), storeEnd({ name: 'local' }))
    const log = progressLog()
    const target = `${registry.host}/other/y:v2`
    await world.transferrer.transfer(namespace, storeEnd({ name: 'local' }), registryEnd(target), log)
    const accept = { headers: { accept: image.manifest.mediaType } }
    const answer = await registry.fetch('/v2/other/y/manifests/v2', accept)
    expect(answer.headers.get('docker-content-digest')).toBe(image.manifest.digest)
    expect(log.events()[0]).toBe(`Pushing to OCI Registry (${target})`)
    expect(log.events().slice(-2)).toEqual(['pushed content local', `Completed push to OCI Registry (${target})`])
  })

  it('asks the client for credentials, and logs without them', async () => {
    await using registry = await startRegistry({ auth: { user: 'me', password: 'secret' } })
    await using world = await openWorld()
    const { reference } = await pushed(registry, 'library/x')
    const asked: string[] = []
    const access = (answer: RegistryCredentials | undefined): RegistryAccess => ({
      credentials: (host) => {
        asked.push(host)
        return Promise.resolve(answer)
      },
    })
    const pull = (a: RegistryAccess) =>
      world.transferrer.transfer(namespace, registryEnd(reference, a), storeEnd({ name: 'x' }))
    await expect(pull(access(undefined))).rejects.toMatchObject({ code: Code.Unauthenticated })
    await expect(pull(access({ username: 'me', secret: 'wrong' }))).rejects.toMatchObject({
      code: Code.Unauthenticated,
    })
    const httpLog = collectingSink()
    await pull({ ...access({ username: 'me', secret: 'secret' }), httpLog })
    expect(await names(world.view)).toEqual(['x'])
    expect(new Set(asked)).toEqual(new Set([registry.host]))
    const text = httpLog.bytes().toString()
    expect(text).toContain('> HEAD http://')
    expect(text).toContain('< HTTP 401')
    expect(text).toContain('> authorization: <redacted>')
    expect(text).not.toContain(Buffer.from('me:secret').toString('base64'))
  })

  it('stores nothing that a verifier is against', async () => {
    await using registry = await startRegistry()
    const { image, reference } = await pushed(registry, 'library/x')
    const seen: string[] = []
    const verifier = (ok: boolean): ImageVerifier => ({
      verify: (name, { digest }) => {
        seen.push(`${name} ${digest}`)
        return Promise.resolve({ ok, reason: 'because' })
      },
    })
    await using world = await openWorld({
      verifiers: new Map([
        ['yes', verifier(true)],
        ['no', verifier(false)],
      ]),
    })
    await expect(
      world.transferrer.transfer(namespace, registryEnd(reference), storeEnd({ name: 'x' })),
    ).rejects.toMatchObject({ code: Code.Unknown, message: expect.stringContaining('image verifier no blocked pull') })
    expect(seen).toEqual(Array(2).fill(`${reference} ${image.manifest.digest}`))
    expect(await names(world.view)).toEqual([])
    await expect(world.view.content.info(image.manifest.digest as never)).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('stops when it is told to, and leaves no lease and no name', async () => {
    await using registry = await startRegistry()
    await using world = await openWorld()
    const { reference } = await pushed(registry, 'library/x')
    const stop = new AbortController()
    const pulling = world.transferrer.transfer(namespace, registryEnd(reference), storeEnd({ name: 'x' }), {
      signal: stop.signal,
      onProgress: ({ event }) => {
        if (event.startsWith('Pulling')) stop.abort(new Error('enough'))
      },
    })
    await expect(pulling).rejects.toThrow('enough')
    expect(await names(world.view)).toEqual([])
    expect(await leases(world.view)).toBe(0)
  })

  it('says what the registry lacks', async () => {
    await using registry = await startRegistry()
    await using world = await openWorld()
    const missing = registryEnd(`${registry.host}/library/none:v1`)
    await expect(world.transferrer.transfer(namespace, missing, storeEnd({ name: 'x' }))).rejects.toMatchObject({
      code: Code.NotFound,
    })
  })
})
