// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { definePlugin, Mounters } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { KernelMounter } from './kernel-mounter.ts'

/** Temporary mounts lie in `<root>/tmpmounts`; what an earlier daemon left there is unmounted first. */
export const mounterPlugin: AnyPlugin = definePlugin({
  slot: Mounters,
  id: 'kernel',
  async init({ daemon, logger }) {
    const mounter = new KernelMounter({ tempRoot: join(daemon.root, 'tmpmounts'), logger })
    await mounter.cleanUpTempMounts()
    return mounter
  },
})
