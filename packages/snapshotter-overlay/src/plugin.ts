// SPDX-License-Identifier: Apache-2.0
import { definePlugin, Mounters, SkipPluginError, Snapshotters } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { Stores } from '@containerd-ts/store/plugin'
import { isUnimplemented } from '@containerd-ts/errdefs'
import { OverlaySnapshotter } from './overlay-snapshotter.ts'

export const overlayPlugin: AnyPlugin = definePlugin({
  slot: Snapshotters,
  id: 'overlayfs',
  requires: [Mounters, Stores],
  defaults: {
    root_path: '',
    upperdir_label: false,
    sync_remove: false,
    slow_chown: false,
    mount_options: [] as readonly string[],
  },
  async init({ config, rootDir, get, all, logger, meta }) {
    const root = config.root_path === '' ? rootDir : config.root_path
    const [store] = all(Stores).values()
    try {
      const snapshotter = await OverlaySnapshotter.open({
        root,
        logger,
        mounter: get(Mounters),
        database: store?.sub('snapshotter/overlayfs'),
        config: {
          upperdirLabel: config.upperdir_label,
          syncRemove: config.sync_remove,
          slowChown: config.slow_chown,
          mountOptions: config.mount_options,
        },
      })
      meta.exports['root'] = root
      meta.capabilities.push(...snapshotter.capabilities)
      return snapshotter
    } catch (cause) {
      if (isUnimplemented(cause)) throw new SkipPluginError('overlayfs does not work here', { cause })
      throw cause
    }
  },
})
