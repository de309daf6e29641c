// SPDX-License-Identifier: Apache-2.0
import { snapshotterConformance } from '@containerd-ts/conformance/snapshotter'
import { KernelMounter } from '@containerd-ts/mount'
import { NativeSnapshotter } from '@containerd-ts/snapshotter-native'
import { requireRoot, tempRoot } from '@containerd-ts/testkit'
import { describe } from 'vitest'

const traits = { maxLayers: 20, usagePerLayer: false, hardLinksInChild: true }

describe.skipIf(!requireRoot().open)('on the kernel', () => {
  snapshotterConformance('NativeSnapshotter', traits, async () => {
    await using undo = new AsyncDisposableStack()
    const root = undo.use(await tempRoot('native-'))
    const mounter = new KernelMounter({ tempRoot: root.join('tmpmounts') })
    undo.defer(() => mounter.cleanUpTempMounts())
    const snapshotter = undo.use(await NativeSnapshotter.open({ root: root.join('snapshotter') }))
    const owned = undo.move()
    return { snapshotter, mounter, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  })
})
