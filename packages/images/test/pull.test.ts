// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Code } from '@containerd-ts/errdefs'
import { chainIds, only } from '@containerd-ts/oci'
import { createResolver } from '@containerd-ts/remotes'
import { hasPeers, makeImage, startRegistry, tempRoot } from '@containerd-ts/testkit'
import type { ImageLayout, Registry } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import type { Digest } from '@containerd-ts/core'
import { pullImage } from '../src/index.ts'
import type { Progress, PullOptions } from '../src/index.ts'
import { World } from './support/world.ts'

const linux = only({ os: 'linux', architecture: 'amd64' })

interface Fixture extends AsyncDisposable {
  readonly registry: Registry
  readonly image: ImageLayout
  readonly ref: string
  readonly world: World
  pull(options?: Partial<PullOptions>): ReturnType<typeof pullImage>
}

async function fixture(platform = { os: 'linux', architecture: 'amd64' }): Promise<Fixture> {
  await using undo = new AsyncDisposableStack()
  const registry = undo.use(await startRegistry())
  const root = undo.use(await tempRoot())
  const resolver = undo.use(createResolver({ userAgent: 'containerd/test' }))
  const image = await makeImage(root.path, {
    platform,
    compression: 'none',
    layers: [[{ name: 'a', data: Buffer.alloc(200_000, 'a') }], [{ name: 'b', data: 'b' }], [{ name: 'c', data: 'c' }]],
  })
  const ref = await registry.push(image, 'library/x', 'latest')
  const world = new World()
  const owned = undo.move()
  return {
    registry,
    image,
    ref,
    world,
    pull: (options) => pullImage(world, resolver, ref, { platforms: linux, unpack: world.unpack(), ...options }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

describe.skipIf(!hasPeers().open)('pull', () => {
  it('fetches, unpacks, labels, names, and lets its lease go', async () => {
    await using fx = await fixture()
    const { world, image, ref } = fx
    const events: Progress[] = []
    const record = await fx.pull({ labels: { mine: 'yes' }, onProgress: (p) => events.push(p) })

    expect(record).toMatchObject({ name: ref, labels: { mine: 'yes' }, target: { digest: image.manifest.digest } })
    const chain = chainIds(image.layers.map((layer) => layer.diffId as Digest))
    expect([...world.snapshotter.snapshots.keys()]).toEqual(chain)
    expect(world.snapshotter.snapshots.get(chain[2]!)).toMatchObject({
      parent: chain[1],
      labels: { 'containerd.io/snapshot.ref': chain[2] },
    })
    expect(world.content.labelsOf(image.manifest.digest)).toEqual({
      'containerd.io/distribution.source.127.0.0.1': 'library/x',
      'containerd.io/gc.ref.content.config': image.config.digest,
      'containerd.io/gc.ref.content.l.0': image.layers[0]!.digest,
      'containerd.io/gc.ref.content.l.1': image.layers[1]!.digest,
      'containerd.io/gc.ref.content.l.2': image.layers[2]!.digest,
    })
    expect(world.content.labelsOf(image.config.digest)['containerd.io/gc.ref.snapshot.memory']).toBe(chain[2])
    expect(world.content.labelsOf(image.layers[1]!.digest)['containerd.io/uncompressed']).toBe(image.layers[1]!.diffId)
    expect(world.leases.seen[0]?.labels['containerd.io/gc.expire']).toMatch(/^\d{4}-.*Z$/)
    expect(world.leftovers).toEqual([])

    const layer = `layer-${image.layers[0]!.digest}`
    const ofLayer = events.filter((event) => event.name === layer)
    expect([...new Set(ofLayer.map((event) => event.event))]).toEqual([
      'waiting',
      'downloading',
      'complete',
      'extracting',
      'extracted',
    ])
    expect(ofLayer[0]?.parents).toEqual([`manifest-${image.manifest.digest}`])
    expect([events[0]?.event, events.at(-1)?.event]).toEqual(['resolving', 'saved'])
  })

  it('transfers nothing the second time', async () => {
    await using fx = await fixture()
    await fx.pull()
    const { writes } = fx.world.content
    const events = new Set<string>()
    await fx.pull({ onProgress: ({ event }) => events.add(event) })
    expect(fx.world.content.writes).toBe(writes)
    expect(events).not.toContain('downloading')
    expect(fx.world.applier.applied).toHaveLength(3)
  })

  it('does not fetch layers whose snapshots exist', async () => {
    await using fx = await fixture()
    await fx.pull()
    const [first, second] = fx.image.layers
    fx.world.content.blobs.delete(first!.digest)
    fx.world.content.blobs.delete(second!.digest)
    await fx.pull()
    expect(fx.world.content.blobs.has(first!.digest)).toBe(false)
  })

  it('unpacks side by side where the snapshotter rebases', async () => {
    await using fx = await fixture()
    fx.world.applier.together = 3
    await fx.pull({ unpack: fx.world.unpack({ rebase: true, maxConcurrentUnpacks: 3 }) })
    const chain = chainIds(fx.image.layers.map((layer) => layer.diffId as Digest))
    expect(fx.world.applier.mostRunning).toBe(3)
    expect(fx.world.snapshotter.snapshots.get(chain[2]!)?.parent).toBe(chain[1])
    expect([...fx.world.snapshotter.snapshots.keys()]).toEqual(chain)
    expect(fx.world.leftovers).toEqual([])
  })

  it('without a plan for the platform fetches only', async () => {
    await using fx = await fixture({ os: 'linux', architecture: 's390x' })
    await fx.pull()
    expect(fx.world.snapshotter.snapshots.size).toBe(0)
    expect(fx.world.content.blobs.has(fx.image.layers[2]!.digest)).toBe(true)
    expect(fx.world.images.records.size).toBe(1)
  })

  it('refuses a layer whose bytes lie, and leaves nothing but what was true', async () => {
    await using fx = await fixture()
    const layer = fx.image.layers[0]!
    const hex = layer.digest.slice(7)
    await writeFile(
      join(fx.registry.storage, `docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`),
      Buffer.alloc(layer.size, 1),
    )
    await expect(fx.pull()).rejects.toMatchObject({ code: Code.FailedPrecondition })
    expect(fx.world.leftovers).toEqual([])
    expect(fx.world.images.records.size).toBe(0)
    expect(fx.world.content.partial.has(`layer-${layer.digest}`)).toBe(false)
  })

  it('refuses a layer with another diff id', async () => {
    await using fx = await fixture()
    fx.world.applier.apply = async (descriptor) => ({ ...descriptor, digest: fx.image.config.digest as Digest })
    await expect(fx.pull()).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringContaining('wrong diff id'),
    })
    expect(fx.world.leftovers).toEqual([])
    expect(fx.world.images.records.size).toBe(0)
  })

  it('stops on a signal, keeps what has arrived, and names nothing', async () => {
    await using fx = await fixture()
    const stop = new AbortController()
    const pulled = fx.pull({
      signal: stop.signal,
      onProgress: ({ event, name, offsetBytes, totalBytes }) => {
        if (event === 'downloading' && name.startsWith('layer-') && totalBytes > 100_000 && offsetBytes > 0)
          stop.abort()
      },
    })
    await expect(pulled).rejects.toMatchObject({ name: 'AbortError' })
    expect(fx.world.leftovers).toEqual([])
    expect(fx.world.images.records.size).toBe(0)
    const kept = fx.world.content.partial.get(`layer-${fx.image.layers[0]!.digest}`)
    expect(kept?.bytes.length).toBeGreaterThan(0)
    await fx.pull()
    expect(fx.registry.log()).toMatch(/status=206/)
    expect(fx.world.images.records.size).toBe(1)
  })

  it('continues an ingest that an earlier pull left', async () => {
    await using fx = await fixture()
    const layer = fx.image.layers[0]!
    const blob = Buffer.from(await (await fx.registry.fetch(`/v2/library/x/blobs/${layer.digest}`)).arrayBuffer())
    const writer = await fx.world.content.ingest(`layer-${layer.digest}`, { totalBytes: blob.length })
    await writer.write(blob.subarray(0, 100))
    await writer[Symbol.asyncDispose]()
    await fx.pull()
    expect(fx.registry.log()).toMatch(/status=206/)
    expect(fx.world.content.bytesOf(layer.digest)).toEqual(blob)
  })

  it('starts again when what an earlier pull left is wrong', async () => {
    await using fx = await fixture()
    const [first, second] = fx.image.layers
    for (const [layer, size] of [
      [first!, 100],
      [second!, second!.size],
    ] as const) {
      const writer = await fx.world.content.ingest(`layer-${layer.digest}`, { totalBytes: layer.size })
      await writer.write(Buffer.alloc(size, 'wrong'))
      await writer[Symbol.asyncDispose]()
    }
    await fx.pull()
    expect(fx.world.snapshotter.snapshots.size).toBe(3)
    expect(fx.world.leftovers).toEqual([])
  })

  it.each([
    [true, 3, 1],
    [false, 1, 0],
  ])('takes the layers of the best manifest alone (all metadata: %s)', async (allMetadata, manifests, otherConfigs) => {
    await using fx = await fixture()
    await using root = await tempRoot()
    const others = []
    for (const architecture of ['386', 's390x']) {
      const platform = { os: 'linux', architecture }
      const dir = root.join(architecture)
      const other = await makeImage(dir, { platform, layers: [[{ name: architecture, data: architecture }]] })
      await fx.registry.push(other, 'library/x', architecture)
      others.push({ ...other, entry: { ...other.manifest, platform } })
    }
    const own = { ...fx.image.manifest, platform: { os: 'linux', architecture: 'amd64' } }
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [...others.map(({ entry }) => entry), own] })
    await fx.registry.fetch('/v2/library/x/manifests/all', {
      method: 'PUT',
      body,
      headers: { 'content-type': mediaType },
    })
    await using resolver = createResolver({ userAgent: 'containerd/test' })
    const { world } = fx
    const ref = fx.ref.replace(':latest', ':all')
    await pullImage(world, resolver, ref, { platforms: linux, allMetadata, unpack: world.unpack() })
    const has = (digest: string): number => Number(world.content.blobs.has(digest))
    expect([own, ...others.map(({ entry }) => entry)].reduce((n, { digest }) => n + has(digest), 0)).toBe(manifests)
    expect(others.map(({ config }) => has(config.digest))).toEqual([otherConfigs, otherConfigs])
    expect(others.map(({ layers }) => has(layers[0]!.digest))).toEqual([0, 0])
    expect(world.snapshotter.snapshots.size).toBe(3)
  })

  it('says when no manifest fits the platform', async () => {
    await using fx = await fixture()
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...fx.image.manifest, platform: { os: 'linux', architecture: 's390x' } }],
    })
    const put = { method: 'PUT', body: index, headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' } }
    expect((await fx.registry.fetch('/v2/library/x/manifests/multi', put)).status).toBe(201)
    await using resolver = createResolver({ userAgent: 'containerd/test' })
    const ref = fx.ref.replace(':latest', ':multi')
    for (const allMetadata of [false, true]) {
      const pulled = pullImage(fx.world, resolver, ref, { platforms: linux, allMetadata })
      await expect(pulled).rejects.toMatchObject({
        code: Code.NotFound,
        message: expect.stringContaining('no match for platform'),
      })
    }
    expect(fx.world.images.records.size).toBe(0)
  })
})
