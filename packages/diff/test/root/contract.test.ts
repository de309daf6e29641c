// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises'
import { differConformance } from '@containerd-ts/conformance/diff'
import { LayerDiffer } from '@containerd-ts/diff'
import { KernelMounter } from '@containerd-ts/mount'
import { allOf, hasOverlayfs, requireRoot, tempRoot } from '@containerd-ts/testkit'
import { afterAll, describe } from 'vitest'

describe.skipIf(!allOf(requireRoot(), hasOverlayfs()).open)('on the kernel', () => {
  const mounter = new KernelMounter()
  const differ = new LayerDiffer({ mounter })
  afterAll(() => differ[Symbol.asyncDispose]())

  differConformance('LayerDiffer', async () => {
    const root = await tempRoot('diff-')
    const scratch = root.join('scratch')
    await mkdir(scratch)
    return { differ, mounter, scratch, [Symbol.asyncDispose]: () => root[Symbol.asyncDispose]() }
  })
})
