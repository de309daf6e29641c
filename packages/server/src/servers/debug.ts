// SPDX-License-Identifier: Apache-2.0
import { definePlugin, SkipPluginError } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { prepareSocket, securePath } from '@containerd-ts/rpc/server'
import { HttpHandlers, Servers } from '../slots.ts'
import type { Server } from '../slots.ts'
import { createHttpServer } from './http.ts'

/** Profiles over HTTP on a unix socket, where an address is configured. */
export const debugServerPlugin: AnyPlugin = definePlugin({
  slot: Servers,
  id: 'debug',
  requires: [HttpHandlers],
  defaults: { address: '', uid: 0, gid: 0 },
  init({ config, get }): Server {
    const { address: path, uid, gid } = config
    if (path === '') throw new SkipPluginError('no address configured')
    const http = createHttpServer(get(HttpHandlers))
    return {
      address: path,
      async start() {
        await prepareSocket({ path, uid, gid })
        await http.listen({ path })
        await securePath({ path, uid, gid })
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})
