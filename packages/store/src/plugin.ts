// SPDX-License-Identifier: Apache-2.0
import { definePlugin, defineSlot } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { openStore } from './store.ts'
import type { Store } from './store.ts'

/** The daemon's one LMDB environment; plugins keep their records in databases inside it. */
export const Stores = defineSlot<Store>('io.containerd.store.v1')

export const storePlugin: AnyPlugin = definePlugin({
  slot: Stores,
  id: 'lmdb',
  init: ({ rootDir, meta }) => {
    meta.exports['path'] = rootDir
    return openStore(rootDir)
  },
})
