// SPDX-License-Identifier: Apache-2.0
import { silentLogger } from '@containerd-ts/core'
import { PluginGraph } from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable } from '@containerd-ts/plugin'
import { createRpcServer } from '@containerd-ts/rpc/server'
import type { RpcServerOptions } from '@containerd-ts/rpc/server'
import { tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { proxyPlugins } from '../src/index.ts'

/** A process of plugins that is none: a socket with services on it, and what was said to them. */
export interface ServedPlugins extends AsyncDisposable {
  readonly temp: TempRoot
  readonly address: string
  /** `<method> <namespace>` of every call, in order. */
  readonly calls: readonly string[]
}

type Routes = RpcServerOptions['routes']

export async function servePlugins(routes: (...router: Parameters<Routes>) => unknown): Promise<ServedPlugins> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-proxy-'))
  const calls: string[] = []
  const server = undo.use(
    createRpcServer({
      routes: (router) => void routes(router),
      interceptors: [
        (next) => async (request) => {
          calls.push(`${request.method.name} ${request.header.get('containerd-namespace') ?? '-'}`)
          return await next(request)
        },
      ],
    }),
  )
  const address = temp.join('plugin.sock')
  await server.listenUnix({ path: address })
  const owned = undo.move()
  return { temp, address, calls, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Plugins, those of `[proxy_plugins]` among them, without a daemon around. */
export const loadProxies = (
  configs: Readonly<Record<string, ConfigTable>>,
  temp: TempRoot,
  others: readonly AnyPlugin[] = [],
): Promise<PluginGraph> =>
  PluginGraph.load({
    plugins: [...others, ...proxyPlugins(configs)],
    logger: silentLogger,
    daemon: {
      root: temp.join('root'),
      state: temp.join('state'),
      version: '',
      revision: '',
      address: '',
      ttrpcAddress: '',
      executable: '',
      debug: false,
      timeoutsMs: {},
      streamProcessors: {},
    },
  })
