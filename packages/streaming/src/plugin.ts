// SPDX-License-Identifier: Apache-2.0
import { definePlugin, MetadataStores, StreamManagers } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { StreamTable } from './stream-table.ts'

export const streamingPlugin: AnyPlugin = definePlugin({
  slot: StreamManagers,
  id: 'manager',
  requires: [MetadataStores],
  init({ get }) {
    const table = new StreamTable()
    get(MetadataStores).register(table)
    return table
  },
})
