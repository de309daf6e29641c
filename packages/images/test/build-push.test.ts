// SPDX-License-Identifier: Apache-2.0
import { FsContentStore } from '@containerd-ts/content'
import { Code } from '@containerd-ts/errdefs'
import { digestBytes, MediaType, only } from '@containerd-ts/oci'
import { createResolver } from '@containerd-ts/remotes'
import { hasPeers, startRegistry, tarBytes, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import {
  buildContent,
  buildImage,
  checkImage,
  imageDescriptors,
  imageDetails,
  imageSize,
  imageUsage,
  isUnpacked,
  pullImage,
  pushImage,
  tagImage,
  unpackImage,
} from '../src/index.ts'
import { World } from './support/world.ts'

const linux = only({ os: 'linux', architecture: 'amd64' })
const platform = { os: 'linux', architecture: 'amd64' }
const tar = (name: string): Buffer => tarBytes([{ name, data: Buffer.alloc(30_000, name) }])

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, 700)
  yield bytes.subarray(700)
}

const built = (world: World, asIndex = false) =>
  buildImage(world, 'local/x:latest', {
    layers: [stream(tar('a')), stream(tar('b'))],
    config: { cmd: ['/bin/sh'], env: ['A=b'] },
    platform,
    asIndex,
    labels: { made: 'here' },
  })

describe('build', () => {
  it('writes layers, config and manifest with the labels that tie them', async () => {
    const world = new World()
    const image = await built(world)
    const { manifest, config } = await imageDetails(world.content, image.target, linux)
    expect(config.config).toMatchObject({ cmd: ['/bin/sh'], env: ['A=b'] })
    expect(config.diffIds).toEqual([digestBytes(tar('a')), digestBytes(tar('b'))])
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual([MediaType.ociLayerGzip, MediaType.ociLayerGzip])
    expect(world.content.labelsOf(image.target.digest)).toMatchObject({
      'containerd.io/gc.ref.content.config': manifest.config.digest,
      'containerd.io/gc.ref.content.l.1': manifest.layers[1]!.digest,
    })
    expect(world.leftovers).toEqual([])
    expect((await built(new World())).target).toEqual(image.target)
  })

  it('gives an image that unpacks', async () => {
    const world = new World()
    const { target } = await built(world, true)
    const [plan] = world.unpack()
    expect(await isUnpacked(world.content, target, world, { platforms: linux })).toBe(false)
    expect(await unpackImage(world, target, plan!.target, { platforms: linux })).toMatch(/^sha256:/)
    expect(await isUnpacked(world.content, target, world, { platforms: linux })).toBe(true)
  })
})

describe('what an image has', () => {
  it('sums sizes, and usage with snapshots, each blob once', async () => {
    const world = new World()
    const { target } = await built(world, true)
    const { descriptor, manifest } = await imageDetails(world.content, target, linux)
    const layers = manifest.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0)
    const expected = target.sizeBytes + descriptor.sizeBytes + manifest.config.sizeBytes + layers
    expect(await imageSize(world.content, target, linux)).toBe(expected)
    expect(await imageUsage(world.content, target)).toBe(expected)
    const [plan] = world.unpack()
    await unpackImage(world, target, plan!.target, { platforms: linux })
    expect(await imageUsage(world.content, target, { snapshotters: { memory: world.snapshotter } })).toBe(expected + 20)
  })

  it('checks what is present and what is missing', async () => {
    const world = new World()
    const { target } = await built(world)
    const { manifest } = await imageDetails(world.content, target, linux)
    expect(await checkImage(world.content, target, linux)).toMatchObject({ available: true, missing: [] })
    world.content.blobs.delete(manifest.layers[0]!.digest)
    const check = await checkImage(world.content, target, linux)
    expect([check.available, check.required.length, check.missing]).toEqual([true, 3, [manifest.layers[0]]])
    const seen: string[] = []
    for await (const { digest } of imageDescriptors(world.content, target)) seen.push(digest)
    expect(seen).toHaveLength(4)
    world.content.blobs.delete(target.digest)
    expect(await checkImage(world.content, target, linux)).toMatchObject({ available: false, missing: [target] })
  })

  it('tags, refuses a taken name, and takes it when forced', async () => {
    const world = new World()
    await built(world)
    const tagged = await tagImage(world.images, 'local/x:latest', 'other:v1')
    expect(tagged).toMatchObject({ name: 'other:v1', labels: { made: 'here' } })
    await expect(tagImage(world.images, 'local/x:latest', 'other:v1')).rejects.toMatchObject({
      code: Code.AlreadyExists,
    })
    await tagImage(world.images, 'local/x:latest', 'other:v1', { force: true })
    await expect(tagImage(world.images, 'none', 'new')).rejects.toMatchObject({ code: Code.NotFound })
  })
})

describe.skipIf(!hasPeers().open)('push', () => {
  it.each([false, true])(
    'sends a tree that comes back the same (index: %s), and mounts it elsewhere',
    async (asIndex) => {
      await using registry = await startRegistry()
      await using resolver = createResolver({ userAgent: 'containerd/test' })
      const world = new World()
      const { target } = await built(world, asIndex)
      const events: string[] = []
      const ref = `${registry.host}/team/x:v1`
      await pushImage(world.content, resolver, ref, target, { onProgress: ({ event }) => events.push(event) })
      expect(events).toContain('uploading')
      expect((await resolver.resolve(ref)).descriptor).toMatchObject({ digest: target.digest })

      const other = new World()
      const pulled = await pullImage(other, resolver, ref, { platforms: linux, unpack: other.unpack() })
      expect(pulled.target.digest).toBe(target.digest)
      expect(other.snapshotter.snapshots.size).toBe(2)

      const again: string[] = []
      await pushImage(other.content, resolver, `${registry.host}/team/y:v1`, target, {
        onProgress: ({ event }) => again.push(event),
      })
      const [layer] = (await imageDetails(other.content, target, linux)).manifest.layers
      expect(other.content.labelsOf(layer!.digest)['containerd.io/distribution.source.127.0.0.1']).toBe('team/x,team/y')
      expect(registry.log()).toMatch(/mount=sha256/)
    },
  )

  it('sends what lies in a store that keeps no labels', async () => {
    await using temp = await tempRoot()
    await using registry = await startRegistry()
    await using resolver = createResolver({ userAgent: 'containerd/test' })
    const content = new FsContentStore({ root: temp.path })
    const target = await buildContent(content, { layers: [stream(tar('a'))], platform })
    const ref = `${registry.host}/team/x:v1`
    for (let round = 0; round < 2; round++) await pushImage(content, resolver, ref, target)
    expect((await resolver.resolve(ref)).descriptor).toMatchObject({ digest: target.digest })
  })

  it('says which blob is missing', async () => {
    await using registry = await startRegistry()
    await using resolver = createResolver({ userAgent: 'containerd/test' })
    const world = new World()
    const { target } = await built(world)
    const { manifest } = await imageDetails(world.content, target, linux)
    world.content.blobs.delete(manifest.layers[0]!.digest)
    const pushed = pushImage(world.content, resolver, `${registry.host}/team/x:v1`, target)
    await expect(pushed).rejects.toMatchObject({
      code: Code.NotFound,
      message: expect.stringContaining(manifest.layers[0]!.digest),
    })
  })
})
