// SPDX-License-Identifier: Apache-2.0
import { Controller } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import { Content } from '@containerd-ts/api/services/content/v1/content_pb'
import { Diff } from '@containerd-ts/api/services/diff/v1/diff_pb'
import { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import { snapshotterConformance } from '@containerd-ts/conformance/snapshotter'
import { FsContentStore } from '@containerd-ts/content'
import { parseDigest, parseNamespace } from '@containerd-ts/core'
import { isUnavailable } from '@containerd-ts/errdefs'
import { eventsPlugin } from '@containerd-ts/events/plugin'
import { metadataPlugin } from '@containerd-ts/metadata/plugin'
import { KernelMounter } from '@containerd-ts/mount'
import { Differs, MetadataStores, SandboxControllers, Snapshotters } from '@containerd-ts/plugin'
import { contentStoreService, snapshotterService } from '@containerd-ts/services'
import { NativeSnapshotter } from '@containerd-ts/snapshotter-native'
import { storePlugin } from '@containerd-ts/store/plugin'
import { requireRoot, tempRoot } from '@containerd-ts/testkit'
import { protobufEvents } from '@containerd-ts/wire/events'
import { describe, expect, it } from 'vitest'
import { proxyPlugins } from '../../src/index.ts'
import { loadProxies, servePlugins } from '../served-plugins.ts'

const namespace = parseNamespace('space')

describe.skipIf(!requireRoot().open)('with a snapshotter elsewhere', () => {
  const traits = { maxLayers: 8, usagePerLayer: false, hardLinksInChild: true }
  snapshotterConformance('NativeSnapshotter as a proxy plugin', traits, async () => {
    await using undo = new AsyncDisposableStack()
    const root = undo.use(await tempRoot('native-'))
    const mounter = new KernelMounter({ tempRoot: root.join('tmpmounts') })
    undo.defer(() => mounter.cleanUpTempMounts())
    const native = undo.use(await NativeSnapshotter.open({ root: root.join('snapshotter') }))
    const served = undo.use(await servePlugins((router) => router.service(Snapshots, snapshotterService(native))))
    const configs = { remote: { type: 'snapshot', address: served.address } }
    const graph = undo.use(await loadProxies(configs, served.temp))
    const owned = undo.move()
    return {
      snapshotter: graph.get(Snapshotters),
      mounter,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  })

  it('names snapshots and namespace to it as the original does', async () => {
    await using undo = new AsyncDisposableStack()
    const root = undo.use(await tempRoot('native-'))
    const native = undo.use(await NativeSnapshotter.open({ root: root.join('snapshotter') }))
    const served = undo.use(await servePlugins((router) => router.service(Snapshots, snapshotterService(native))))
    const local = undo.use(
      await servePlugins((router) =>
        router.service(Content, contentStoreService(new FsContentStore({ root: root.join('content') }))),
      ),
    )
    const configs = {
      remote: { type: 'snapshot', address: served.address },
      blobs: { type: 'content', address: `unix://${local.address}` },
    }
    const graph = undo.use(
      await loadProxies(configs, served.temp, [storePlugin, eventsPlugin(protobufEvents), metadataPlugin]),
    )
    const view = graph.get(MetadataStores).in(namespace)
    await view.snapshotter('remote').prepare('key')
    await view.snapshotter('remote').stat('key')
    expect((await Array.fromAsync(native.list())).map(({ name }) => name)).toEqual(['space/1/key'])
    expect(served.calls).toEqual(['Prepare space', 'Stat space'])

    await using writer = await view.content.ingest('ref')
    await writer.write(Buffer.from('bytes'))
    const digest = await writer.commit()
    await using blob = await view.content.open(digest)
    expect(Buffer.from(await blob.read(0, 10)).toString()).toBe('bytes')
    expect(new Set(local.calls)).toEqual(new Set(['Write space', 'Info space', 'Read space']))
  })
})

describe('proxy plugins', () => {
  it('apply and compare elsewhere, in the namespace of the caller', async () => {
    const layer = { mediaType: 'm', digest: parseDigest(`sha256:${'0'.repeat(64)}`), sizeBytes: 1 }
    await using served = await servePlugins((router) =>
      router.service(Diff, {
        apply: ({ diff }) => ({ applied: { digest: diff?.digest ?? '', mediaType: 'applied' } }),
        diff: ({ ref }) => ({ diff: { digest: layer.digest, mediaType: ref } }),
      }),
    )
    const configs = { away: { type: 'io.containerd.differ.v1', address: served.address } }
    await using graph = await loadProxies(configs, served.temp)
    const differ = graph.get(Differs)
    const store = new FsContentStore({ root: served.temp.path })
    expect((await differ.apply(layer, [], store, { namespace })).mediaType).toBe('applied')
    expect((await differ.compare([], [], store, { ref: 'r', namespace })).mediaType).toBe('r')
    expect(served.calls).toEqual(['Apply space', 'Diff space'])
  })

  it('run sandboxes elsewhere', async () => {
    const updates: unknown[] = []
    await using served = await servePlugins((router) =>
      router.service(Controller, {
        create: ({ sandboxId }) => ({ sandboxId }),
        start: ({ sandboxer }) => ({ pid: 7, address: `ttrpc+unix:///${sandboxer}`, version: 3 }),
        platform: () => ({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
        wait: () => ({ exitStatus: 9, exitedAt: { seconds: 1n, nanos: 5 } }),
        status: ({ sandboxId, verbose }) => ({ sandboxId, state: String(verbose) }),
        metrics: () => ({ metrics: { data: { typeUrl: 't', value: new Uint8Array([1]) } } }),
        stop: () => ({}),
        update: ({ sandboxId, sandbox, fields }) => {
          updates.push([sandboxId, sandbox?.labels, fields])
          return {}
        },
        shutdown: () => ({}),
      }),
    )
    await using graph = await loadProxies({ kata: { type: 'sandbox', address: served.address } }, served.temp)
    const controller = graph.all(SandboxControllers).get('kata')!
    await controller.create(namespace, { id: 's', runtime: 'r', rootfs: [], netnsPath: '', annotations: {} })
    expect(await controller.start(namespace, 's')).toMatchObject({ pid: 7, address: 'ttrpc+unix:///kata', version: 3 })
    expect(await controller.platform(namespace, 's')).toEqual({ os: 'linux', architecture: 'arm64', variant: 'v8' })
    expect(await controller.wait(namespace, 's')).toEqual({ status: 9, at: { date: new Date(1000), nanos: 5 } })
    expect(await controller.status(namespace, 's', { verbose: true })).toMatchObject({ id: 's', state: 'true' })
    expect(await controller.metrics(namespace, 's')).toMatchObject({ typeUrl: 't' })
    await controller.update(namespace, { id: 's', labels: { a: 'b' } }, ['labels.a'])
    expect(updates).toEqual([['s', { a: 'b' }, ['labels.a']]])
    await controller.stop(namespace, 's', { timeoutSeconds: 3 })
    await controller.shutdown(namespace, 's')
    expect(served.calls.every((call) => call.endsWith(' space'))).toBe(true)
    expect(served.calls).toHaveLength(9)
  })

  it('tell introspection where and what they are', async () => {
    await using temp = await tempRoot('ctd-proxy-')
    const address = temp.join('nobody.sock')
    const table = {
      type: 'snapshot',
      address,
      platform: 'linux/arm64',
      exports: { root: '/x' },
      capabilities: ['rebase'],
    }
    await using graph = await loadProxies(
      { far: table, broken: { type: 'snapshot' }, odd: { type: 'nonsense', address } },
      temp,
    )
    expect(graph.records.map(({ type, id, meta, state }) => ({ type, id, meta, status: state.status }))).toMatchObject([
      {
        type: 'io.containerd.snapshotter.v1',
        id: 'far',
        status: 'ok',
        meta: {
          platforms: [{ os: 'linux', architecture: 'arm64' }],
          exports: { root: '/x', address },
          capabilities: ['rebase'],
        },
      },
      { id: 'broken', status: 'error' },
      { type: 'nonsense', id: 'odd', status: 'error' },
    ])
    expect(graph.all(Snapshotters).get('far')!.capabilities).toEqual(['rebase'])
  })

  it('fail calls, not the start, where nobody listens', async () => {
    await using temp = await tempRoot('ctd-proxy-')
    await using graph = await loadProxies({ gone: { type: 'snapshot', address: temp.join('no.sock') } }, temp)
    const failure: unknown = await graph
      .get(Snapshotters)
      .stat('k')
      .catch((error: unknown) => error)
    expect(isUnavailable(failure)).toBe(true)
  })

  it.each([
    [{ type: 'snapshot', address: 5 }, 'address is of the wrong type'],
    [{ type: 'snapshot', address: '/x', exports: { a: 1 } }, 'exports is of the wrong type'],
    [{ type: 'snapshot', address: '/x', capabilities: ['a', 2] }, 'capabilities is of the wrong type'],
  ])('are refused as %j', (table, message) => {
    expect(() => proxyPlugins({ p: table })).toThrow(message)
  })
})
