// SPDX-License-Identifier: Apache-2.0
import { ContentStores, definePlugin } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { FsContentStore } from './fs-content-store.ts'

export const contentPlugin: AnyPlugin = definePlugin({
  slot: ContentStores,
  id: 'content',
  init({ rootDir, logger, meta }) {
    meta.exports['root'] = rootDir
    return new FsContentStore({ root: rootDir, logger })
  },
})
