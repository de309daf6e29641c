// SPDX-License-Identifier: Apache-2.0
import { definePlugin, Snapshotters } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { Stores } from '@containerd-ts/store/plugin'
import { NativeSnapshotter } from './native-snapshotter.ts'

export const nativePlugin: AnyPlugin = definePlugin({
  slot: Snapshotters,
  id: 'native',
  requires: [Stores],
  defaults: { root_path: '' },
  async init({ config, rootDir, all, logger, meta }) {
    const root = config.root_path === '' ? rootDir : config.root_path
    const [store] = all(Stores).values()
    meta.exports['root'] = root
    return await NativeSnapshotter.open({ root, logger, database: store?.sub('snapshotter/native') })
  },
})
