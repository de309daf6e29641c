// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin, MetadataStores, Mounters, MountHandlers, MountManagers } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { Stores } from '@containerd-ts/store/plugin'
import { LoopHandler } from './loop-handler.ts'
import { openMountActivator } from './mount-activator.ts'
import { MountCollector } from './mount-collector.ts'

export const loopHandlerPlugin: AnyPlugin = definePlugin({
  slot: MountHandlers,
  id: 'loop',
  init: () => new LoopHandler(),
})

export const mountManagerPlugin: AnyPlugin = definePlugin({
  slot: MountManagers,
  id: 'bolt',
  requires: [Stores, MetadataStores, Mounters, MountHandlers],
  async init({ get, all, stateDir, daemon, logger }) {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    await chmod(stateDir, 0o700)
    const activator = await openMountActivator({
      database: get(Stores).sub('mount-manager'),
      targetRoot: join(stateDir, 't'),
      mounter: get(Mounters),
      handlers: [...all(MountHandlers).values()],
      allowedRoots: [daemon.root],
      logger,
    })
    get(MetadataStores).register(new MountCollector(activator, logger))
    return activator
  },
})
