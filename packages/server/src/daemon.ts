// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@containerd-ts/core'
import { silentLogger } from '@containerd-ts/core'
import { PluginGraph } from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, DaemonInfo } from '@containerd-ts/plugin'
import { parseDuration } from '@containerd-ts/lifecycle'
import { defaultConfig, PluginUri } from './config/schema.ts'
import type { DaemonConfig } from './config/schema.ts'
import { claimRoot } from './root-claim.ts'
import { Servers } from './slots.ts'
import { version } from './version.ts'

export interface DaemonOptions {
  /** What the daemon is made of; order matters only among plugins of one slot. */
  readonly plugins: readonly AnyPlugin[]
  /** Over the defaults; `root` and `state` are what a caller usually sets. */
  readonly config?: Partial<DaemonConfig> | undefined
  readonly logger?: Logger | undefined
  /** Executable handed to shims as their publisher. Default: this process's. */
  readonly executable?: string | undefined
}

/** A running daemon. Disposal closes the servers, then the plugins; containers go on running. */
export interface Daemon extends AsyncDisposable {
  readonly graph: PluginGraph
  /** gRPC and Connect socket. */
  readonly address: string
  readonly ttrpcAddress: string
}

/** How long servers may take to end their calls at shutdown. */
const closeGraceMs = 10_000

/**
 * Starts a daemon composed of `plugins`.
 *
 * @throws {FailedPreconditionError} the root is taken, or a required plugin did not load
 */
export async function createDaemon(options: DaemonOptions): Promise<Daemon> {
  const config: DaemonConfig = { ...defaultConfig, ...options.config }
  const logger = options.logger ?? silentLogger
  const info = daemonInfo(config, options.executable)
  await using stack = new AsyncDisposableStack()
  stack.use(await claimRoot({ root: info.root, state: info.state, temp: config.temp }))
  const graph = stack.use(
    await PluginGraph.load({
      plugins: options.plugins,
      daemon: info,
      logger,
      config: config.plugins,
      disabled: config.disabled_plugins,
      required: config.required_plugins,
    }),
  )
  for (const [id, server] of graph.all(Servers)) {
    await server.start()
    stack.defer(() => Promise.race([server[Symbol.asyncDispose](), delay(closeGraceMs, undefined, { ref: false })]))
    logger.info('serving...', { server: id, address: server.address })
  }
  const owned = stack.move()
  return {
    graph,
    address: info.address,
    ttrpcAddress: info.ttrpcAddress,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function daemonInfo(config: DaemonConfig, executable: string | undefined): DaemonInfo {
  const state = resolve(config.state)
  const grpc = config.plugins[PluginUri.grpc] ?? {}
  const ttrpc = config.plugins[PluginUri.ttrpc] ?? {}
  const address = text(grpc, 'address') ?? join(state, 'containerd.sock')
  return {
    root: resolve(config.root),
    state,
    version: version.version,
    revision: version.revision,
    address,
    ttrpcAddress: text(ttrpc, 'address') ?? `${address}.ttrpc`,
    executable: executable ?? process.execPath,
    debug: config.debug.level === 'debug' || config.debug.level === 'trace',
    timeoutsMs: Object.fromEntries(Object.entries(config.timeouts).map(([key, value]) => [key, parseDuration(value)])),
    streamProcessors: config.stream_processors,
  }
}

const text = (section: ConfigTable, key: string): string | undefined => {
  const value = section[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}
