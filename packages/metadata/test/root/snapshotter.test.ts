// SPDX-License-Identifier: Apache-2.0
import { MemoryContentStore } from '@containerd-ts/conformance/content'
import { RecordingPublisher } from '@containerd-ts/conformance/metadata'
import { snapshotterConformance } from '@containerd-ts/conformance/snapshotter'
import { parseNamespace, type SnapshotBackend } from '@containerd-ts/core'
import { createMetadata, type LmdbMetadata } from '@containerd-ts/metadata'
import { KernelMounter } from '@containerd-ts/mount'
import { NativeSnapshotter } from '@containerd-ts/snapshotter-native'
import { openStore } from '@containerd-ts/store'
import { requireRoot, tempRoot } from '@containerd-ts/testkit'
import { describe } from 'vitest'

/** A namespace's snapshotter in the place of a backend: a lease keeps what it makes, its clean-up is a collection. */
async function asBackend(metadata: LmdbMetadata, name: string): Promise<SnapshotBackend> {
  const namespace = metadata.in(parseNamespace('default'))
  const { id: lease } = await namespace.leases.create({})
  const view = namespace.snapshotter(name)
  return {
    capabilities: [],
    stat: (...args) => view.stat(...args),
    update: (...args) => view.update(...args),
    usage: (...args) => view.usage(...args),
    mounts: (...args) => view.mounts(...args),
    prepare: (key, parent, options) => view.prepare(key, parent, { ...options, lease }),
    view: (key, parent, options) => view.view(key, parent, { ...options, lease }),
    commit: (name, key, options) => view.commit(name, key, { ...options, lease }),
    remove: (...args) => view.remove(...args),
    list: (...args) => view.list(...args),
    cleanup: async () => {
      await metadata.collector.collect()
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

const traits = { maxLayers: 20, usagePerLayer: false, hardLinksInChild: true }

describe.skipIf(!requireRoot().open)('on the kernel', () => {
  snapshotterConformance('LmdbMetadata over NativeSnapshotter', traits, async () => {
    await using undo = new AsyncDisposableStack()
    const root = undo.use(await tempRoot('metadata-'))
    const mounter = new KernelMounter({ tempRoot: root.join('tmpmounts') })
    undo.defer(() => mounter.cleanUpTempMounts())
    const store = undo.use(await openStore(root.join('store')))
    // Records of backend and metadata in one store, as the daemon has them.
    const database = store.sub('snapshots/native')
    const native = undo.use(await NativeSnapshotter.open({ root: root.join('snapshotter'), database }))
    const metadata = undo.use(
      await createMetadata({
        store: store.sub('metadata'),
        content: new MemoryContentStore(),
        snapshotters: { native },
        events: new RecordingPublisher(),
      }),
    )
    const snapshotter = await asBackend(metadata, 'native')
    const owned = undo.move()
    return { snapshotter, mounter, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  })
})
