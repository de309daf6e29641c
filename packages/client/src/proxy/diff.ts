// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { toTimestamp } from '@containerd-ts/api'
import { Diff } from '@containerd-ts/api/services/diff/v1/diff_pb'
import type { Differ } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromDescriptor, toAnyMap, toDescriptor, toMount } from '@containerd-ts/wire'
import { present } from './present.ts'
import type { Scope } from './scope.ts'

/** The daemon's differ. It works on the daemon's own content: the store a caller passes is not used. */
export function differProxy(transport: Transport, scope: Scope): Differ {
  const client = createClient(Diff, transport)
  return {
    async apply(layer, mounts, _content, options) {
      const request = {
        diff: toDescriptor(layer),
        mounts: mounts.map(toMount),
        payloads: toAnyMap(options?.payloads ?? {}),
        syncFs: options?.syncFs ?? false,
      }
      const { applied } = await client.apply(request, scope(options))
      return fromDescriptor(present(applied, 'descriptor'))
    },

    async compare(lower, upper, _content, options) {
      const request = {
        left: lower.map(toMount),
        right: upper.map(toMount),
        mediaType: options?.mediaType ?? '',
        ref: options?.ref ?? '',
        labels: { ...options?.labels },
        ...(options?.sourceDateEpoch === undefined ? {} : { sourceDateEpoch: toTimestamp(options.sourceDateEpoch) }),
      }
      const { diff } = await client.diff(request, scope(options))
      return fromDescriptor(present(diff, 'descriptor'))
    },
  }
}
