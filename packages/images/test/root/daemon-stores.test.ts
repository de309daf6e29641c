// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { parseNamespace } from '@containerd-ts/core'
import type { Digest, EventPublisher, NamespaceView } from '@containerd-ts/core'
import { FsContentStore } from '@containerd-ts/content'
import { LayerDiffer } from '@containerd-ts/diff'
import { Code } from '@containerd-ts/errdefs'
import { createMetadata } from '@containerd-ts/metadata'
import type { LmdbMetadata } from '@containerd-ts/metadata'
import { KernelMounter } from '@containerd-ts/mount'
import { chainIds, hostMatcher } from '@containerd-ts/oci'
import { createResolver } from '@containerd-ts/remotes'
import { OverlaySnapshotter } from '@containerd-ts/snapshotter-overlay'
import { openStore } from '@containerd-ts/store'
import { allOf, hasOverlayfs, hasPeers, makeImage, requireRoot, startRegistry, tempRoot } from '@containerd-ts/testkit'
import type { ImageLayout, Registry } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { exportArchive, importArchive, pullImage, unpackImage } from '../../src/index.ts'
import type { UnpackTarget } from '../../src/index.ts'

interface Daemon extends AsyncDisposable {
  readonly metadata: LmdbMetadata
  readonly view: NamespaceView
  readonly mounter: KernelMounter
  target(parallel: number): UnpackTarget
  count(): Promise<{ blobs: number; snapshots: number; leases: number }>
}

const silent = { publish: async () => {}, forward: async () => {} } as unknown as EventPublisher

async function daemon(root: string): Promise<Daemon> {
  await using undo = new AsyncDisposableStack()
  const store = undo.use(await openStore(`${root}/store`))
  const mounter = new KernelMounter()
  const overlay = undo.use(await OverlaySnapshotter.open({ root: `${root}/overlay`, mounter }))
  const content = new FsContentStore({ root: `${root}/content` })
  const snapshotters = { overlayfs: overlay }
  const metadata = undo.use(
    await createMetadata({ store: store.sub('metadata'), content, snapshotters, events: silent }),
  )
  const applier = undo.use(new LayerDiffer({ mounter }))
  const view = metadata.in(parseNamespace('test'))
  const snapshotter = view.snapshotter('overlayfs')
  const length = async (list: AsyncIterable<unknown>): Promise<number> => (await Array.fromAsync(list)).length
  const owned = undo.move()
  return {
    metadata,
    view,
    mounter,
    target: (maxConcurrentUnpacks) => {
      const rebase = maxConcurrentUnpacks > 1
      return { snapshotterName: 'overlayfs', snapshotter, applier, rebase, maxConcurrentUnpacks }
    },
    count: async () => ({
      blobs: await length(view.content.list()),
      snapshots: await length(snapshotter.list()),
      leases: await length(view.leases.list()),
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const layers = [
  [
    { name: 'a', data: 'lower' },
    { name: 'gone', data: 'x' },
    { name: 'dir/', type: 'directory' as const },
  ],
  [{ name: 'a', data: 'upper' }, { name: '.wh.gone' }],
  [{ name: 'dir/big', data: Buffer.alloc(3_000_000, 'z') }],
]

async function pushed(
  registry: Registry,
  dir: string,
  compression: 'gzip' | 'none',
): Promise<{ image: ImageLayout; ref: string }> {
  const image = await makeImage(dir, { layers, compression })
  return { image, ref: await registry.push(image, 'library/x', 'latest') }
}

describe.skipIf(!allOf(requireRoot(), hasPeers(), hasOverlayfs()).open)("over the daemon's own stores", () => {
  it.each([1, 3])(
    'pulls and unpacks (%i at a time), and garbage collection keeps all of it until the name goes',
    async (parallel) => {
      await using root = await tempRoot()
      await using registry = await startRegistry()
      await using resolver = createResolver({ userAgent: 'containerd/test' })
      await using d = await daemon(root.join('d'))
      const { image, ref } = await pushed(registry, root.join('image'), 'gzip')
      const unpack = [{ platforms: hostMatcher(), target: d.target(parallel) }]
      await pullImage(d.view, resolver, ref, { platforms: hostMatcher(), unpack })
      await d.metadata.collector.collect()
      expect(await d.count()).toEqual({ blobs: 5, snapshots: 3, leases: 0 })

      const top = chainIds(image.layers.map(({ diffId }) => diffId as Digest)).at(-1)
      const mounts = await d.view.snapshotter('overlayfs').view('look', top)
      {
        await using mounted = await d.mounter.mountTemp(mounts)
        expect(await readFile(`${mounted.path}/a`, 'utf8')).toBe('upper')
        expect((await readFile(`${mounted.path}/dir/big`)).length).toBe(3_000_000)
        await expect(readFile(`${mounted.path}/gone`)).rejects.toMatchObject({ code: 'ENOENT' })
      }
      await d.view.snapshotter('overlayfs').remove('look')
      await d.view.images.delete(ref)
      await d.metadata.collector.collect()
      expect(await d.count()).toEqual({ blobs: 0, snapshots: 0, leases: 0 })
    },
  )

  it('a pull cut off leaves nothing but an ingest, which the next one continues', async () => {
    await using root = await tempRoot()
    await using registry = await startRegistry()
    await using resolver = createResolver({ userAgent: 'containerd/test' })
    await using d = await daemon(root.join('d'))
    const { ref } = await pushed(registry, root.join('image'), 'none')
    const options = { platforms: hostMatcher(), unpack: [{ platforms: hostMatcher(), target: d.target(1) }] }
    const stop = new AbortController()
    const cut = pullImage(d.view, resolver, ref, {
      ...options,
      signal: stop.signal,
      onProgress: ({ totalBytes, offsetBytes }) =>
        void (totalBytes > 2_000_000 && offsetBytes > 1_500_000 && stop.abort()),
    })
    await expect(cut).rejects.toMatchObject({ name: 'AbortError' })
    expect(await Array.fromAsync(d.view.images.list())).toEqual([])
    expect((await d.count()).leases).toBe(0)
    const kinds = (await Array.fromAsync(d.view.snapshotter('overlayfs').list())).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind !== 'committed')).toEqual([])
    await pullImage(d.view, resolver, ref, options)
    expect(registry.log()).toMatch(/status=206/)
    await d.metadata.collector.collect()
    expect(await d.count()).toEqual({ blobs: 5, snapshots: 3, leases: 0 })
  })

  it('imports what it exported, and tells a broken layer', async () => {
    await using root = await tempRoot()
    await using registry = await startRegistry()
    await using resolver = createResolver({ userAgent: 'containerd/test' })
    await using d = await daemon(root.join('d'))
    const { ref } = await pushed(registry, root.join('image'), 'gzip')
    const { target } = await pullImage(d.view, resolver, ref, { platforms: hostMatcher() })
    await using other = await daemon(root.join('other'))
    const [image] = await importArchive(other.view, exportArchive(d.view.content, [{ target, names: ['a/b:c'] }]))
    await other.metadata.collector.collect()
    await unpackImage(other.view, image!.target, other.target(1), { platforms: hostMatcher() })
    await other.metadata.collector.collect()
    expect(await other.count()).toMatchObject({ snapshots: 3, leases: 0 })

    const broken = await makeImage(root.join('broken'), { layers: [Buffer.alloc(3000, 'not a tar')] })
    const bad = await registry.push(broken, 'library/bad', 'latest')
    const unpack = [{ platforms: hostMatcher(), target: d.target(1) }]
    await expect(pullImage(d.view, resolver, bad, { platforms: hostMatcher(), unpack })).rejects.toThrow()
    await expect(d.view.images.get(bad)).rejects.toMatchObject({ code: Code.NotFound })
    expect(await d.count()).toMatchObject({ snapshots: 0, leases: 0 })
  })
})
