// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { taskShimConformance } from '@containerd-ts/conformance/task'
import type { TaskShimFixture, TaskShimTraits } from '@containerd-ts/conformance/task'
import {
  allOf,
  busyboxRootfs,
  goPeers,
  hasBinary,
  hasOwnShim,
  hasPeers,
  ownBinDir,
  privateMounts,
  requireRoot,
  tempRoot,
} from '@containerd-ts/testkit'
import { describe } from 'vitest'
import { shimOnNode } from '../shim-on-node.ts'

const gate = allOf(requireRoot(), hasBinary('runc'), hasPeers(), hasOwnShim())

async function fixture(shim: string, env: NodeJS.ProcessEnv): Promise<TaskShimFixture> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('shim-'))
  const rootfs = temp.join('rootfs')
  await busyboxRootfs(rootfs)
  const mounts = undo.use(await privateMounts())
  const owned = undo.move()
  return {
    shim,
    env,
    rootfs,
    enter: (program, args) => mounts.enter(program, args),
    fromHere: (path) => join('/proc', String(mounts.pid), 'root', path),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

describe.skipIf(!gate.open)('shims', () => {
  const ours: TaskShimTraits = {
    startInput: 'params',
    taskVersions: [2, 3],
    tellsExitOfUnstarted: true,
    refusesForeignOptions: true,
    initEndsLast: true,
    releasesDescriptors: true,
    filesTakeStderr: true,
    drainsEvents: true,
    info: true,
    removesGroupSocket: true,
  }
  taskShimConformance('ours', ours, () => fixture(join(ownBinDir(), 'containerd-shim-runc-v2'), process.env))
  taskShimConformance('ours on Node', ours, () => fixture(shimOnNode(), process.env))

  taskShimConformance(
    'Go 1.6',
    {
      startInput: 'options',
      taskVersions: [2],
      tellsExitOfUnstarted: false,
      refusesForeignOptions: false,
      initEndsLast: false,
      releasesDescriptors: false,
      filesTakeStderr: false,
      drainsEvents: false,
      info: false,
      removesGroupSocket: false,
    },
    () => {
      const { binDir, env } = goPeers()
      return fixture(join(binDir, 'containerd-shim-runc-v2'), env)
    },
  )
})
