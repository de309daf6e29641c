// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { Mounts } from '@containerd-ts/api/services/mounts/v1/mounts_pb'
import type { MountManager } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromActivation, toMount } from '@containerd-ts/wire'
import { present } from './present.ts'
import type { Scope } from './scope.ts'

/** Activations of mounts, made by the daemon in its own mount namespace. Servers from 2.2 on have them. */
export function mountsProxy(transport: Transport, scope: Scope): MountManager {
  const client = createClient(Mounts, transport)
  return {
    async activate(name, mounts, options) {
      const { labels = {}, temporary = false } = options ?? {}
      const request = { name, mounts: mounts.map(toMount), labels: { ...labels }, temporary }
      const { info } = await client.activate(request, scope(options))
      return fromActivation(present(info, 'activation'))
    },

    async deactivate(name, options) {
      await client.deactivate({ name }, scope(options))
    },

    async info(name, options) {
      const { info } = await client.info({ name }, scope(options))
      return fromActivation(present(info, 'activation'))
    },

    async *list(options) {
      for await (const { info } of client.list({}, scope(options))) yield fromActivation(present(info, 'activation'))
    },
  }
}
