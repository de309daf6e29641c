// SPDX-License-Identifier: Apache-2.0
import { snapshotterConformance } from '@containerd-ts/conformance/snapshotter'
import { KernelMounter } from '@containerd-ts/mount'
import { OverlaySnapshotter } from '@containerd-ts/snapshotter-overlay'
import { allOf, hasOverlayfs, requireRoot, tempRoot } from '@containerd-ts/testkit'
import { describe } from 'vitest'

const traits = { maxLayers: 128, usagePerLayer: true, hardLinksInChild: true }

describe.skipIf(!allOf(requireRoot(), hasOverlayfs()).open)('on the kernel', () => {
  snapshotterConformance('OverlaySnapshotter', traits, async () => {
    await using undo = new AsyncDisposableStack()
    const root = undo.use(await tempRoot('overlay-'))
    const mounter = new KernelMounter({ tempRoot: root.join('tmpmounts') })
    undo.defer(() => mounter.cleanUpTempMounts())
    const snapshotter = undo.use(await OverlaySnapshotter.open({ root: root.join('snapshotter'), mounter }))
    const owned = undo.move()
    return { snapshotter, mounter, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  })
})
