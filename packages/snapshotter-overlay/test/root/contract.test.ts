// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { snapshotterConformance } from '@containerd-ts/conformance/snapshotter'
import { KernelMounter } from '@containerd-ts/mount'
import { OverlaySnapshotter } from '@containerd-ts/snapshotter-overlay'

const traits = { maxLayers: 128, usagePerLayer: true, hardLinksInChild: true }

snapshotterConformance('OverlaySnapshotter', traits, async () => {
  const root = await mkdtemp(join(tmpdir(), 'snapshotter-overlay-'))
  const mounter = new KernelMounter({ tempRoot: join(root, 'tmpmounts') })
  const snapshotter = await OverlaySnapshotter.open({ root: join(root, 'snapshotter'), mounter })
  return {
    snapshotter,
    mounter,
    [Symbol.asyncDispose]: async () => {
      await snapshotter[Symbol.asyncDispose]()
      await mounter.cleanUpTempMounts()
      await rm(root, { recursive: true })
    },
  }
})
