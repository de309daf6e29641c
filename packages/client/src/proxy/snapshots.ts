// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { toFieldMask } from '@containerd-ts/api'
import { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import type { Snapshotter } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromInt64, fromMount, fromSnapshotInfo } from '@containerd-ts/wire'
import { present } from './present.ts'
import { filterTexts } from './scope.ts'
import type { Scope } from './scope.ts'

/** One of the daemon's snapshotters. */
export function snapshotterProxy(transport: Transport, snapshotter: string, scope: Scope): Snapshotter {
  const client = createClient(Snapshots, transport)
  return {
    async stat(key, options) {
      const { info } = await client.stat({ snapshotter, key }, scope(options))
      return fromSnapshotInfo(present(info, 'info'))
    },

    async update(name, labels, paths, options) {
      const mask = toFieldMask(paths)
      const request = {
        snapshotter,
        info: { name, labels: { ...labels } },
        ...(mask === undefined ? {} : { updateMask: mask }),
      }
      const { info } = await client.update(request, scope(options))
      return fromSnapshotInfo(present(info, 'info'))
    },

    async usage(key, options) {
      const { size, inodes } = await client.usage({ snapshotter, key }, scope(options))
      return { sizeBytes: fromInt64(size), inodes: fromInt64(inodes) }
    },

    async mounts(key, options) {
      const { mounts } = await client.mounts({ snapshotter, key }, scope(options))
      return mounts.map(fromMount)
    },

    async prepare(key, parent = '', options) {
      const request = { snapshotter, key, parent, labels: { ...options?.labels } }
      const { mounts } = await client.prepare(request, scope(options))
      return mounts.map(fromMount)
    },

    async view(key, parent = '', options) {
      const request = { snapshotter, key, parent, labels: { ...options?.labels } }
      const { mounts } = await client.view(request, scope(options))
      return mounts.map(fromMount)
    },

    async commit(name, key, options) {
      const request = { snapshotter, name, key, labels: { ...options?.labels }, parent: options?.parent ?? '' }
      await client.commit(request, scope(options))
    },

    async remove(key, options) {
      await client.remove({ snapshotter, key }, scope(options))
    },

    async *list(filters, options) {
      for await (const { info } of client.list({ snapshotter, filters: filterTexts(filters) }, scope(options))) {
        yield* info.map(fromSnapshotInfo)
      }
    },

    async cleanup(options) {
      await client.cleanup({ snapshotter }, scope(options))
    },
  }
}
