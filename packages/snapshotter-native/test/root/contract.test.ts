// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { snapshotterConformance } from '@containerd-ts/conformance/snapshotter'
import { KernelMounter } from '@containerd-ts/mount'
import { NativeSnapshotter } from '@containerd-ts/snapshotter-native'

const traits = { maxLayers: 20, usagePerLayer: false, hardLinksInChild: true }

snapshotterConformance('NativeSnapshotter', traits, async () => {
  const root = await mkdtemp(join(tmpdir(), 'snapshotter-native-'))
  const mounter = new KernelMounter({ tempRoot: join(root, 'tmpmounts') })
  const snapshotter = await NativeSnapshotter.open({ root: join(root, 'snapshotter') })
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
