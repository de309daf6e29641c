// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { differConformance } from '@containerd-ts/conformance/diff'
import { LayerDiffer } from '@containerd-ts/diff'
import { KernelMounter } from '@containerd-ts/mount'
import { afterAll } from 'vitest'

const mounter = new KernelMounter()
const differ = new LayerDiffer({ mounter })
afterAll(() => differ[Symbol.asyncDispose]())

differConformance('LayerDiffer', async () => {
  const root = await mkdtemp(join(tmpdir(), 'diff-'))
  const scratch = join(root, 'scratch')
  await mkdir(scratch)
  return { differ, mounter, scratch, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
})
