// SPDX-License-Identifier: Apache-2.0
import { describe } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import { definePlugin, SkipPluginError } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { prepareSocket, securePath } from '@containerd-ts/rpc/server'
import { sameOwner, TtrpcServer } from '@containerd-ts/ttrpc'
import { TtrpcServices } from '@containerd-ts/ttrpc/slot'
import { Servers } from '../slots.ts'
import type { Server } from '../slots.ts'

/** The socket shims send their events to; only for processes of the daemon's own user and group. */
export const ttrpcServerPlugin: AnyPlugin = definePlugin({
  slot: Servers,
  id: 'ttrpc',
  requires: [TtrpcServices],
  defaults: { address: '', uid: 0, gid: 0 },
  init({ config, daemon, all, logger }): Server {
    const services = all(TtrpcServices)
    if (services.size === 0) throw new SkipPluginError('no ttrpc services')
    const server = new TtrpcServer({
      allowPeer: sameOwner(native),
      onFailure: (failure) => logger.debug('ttrpc call failed', { error: describe(failure.error) }),
    })
    for (const register of services.values()) register(server)
    const path = daemon.ttrpcAddress
    return {
      address: path,
      async start() {
        const socket = { path, uid: config.uid, gid: config.gid }
        await prepareSocket(socket)
        await server.listen({ path })
        await securePath(socket)
      },
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
      },
    }
  },
})
