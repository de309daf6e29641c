// SPDX-License-Identifier: Apache-2.0
import { isNotFound } from '@containerd-ts/errdefs'
import {
  definePlugin,
  EventExchanges,
  MetadataStores,
  Mounters,
  MountManagers,
  Runtimes,
  SandboxControllers,
} from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, PluginContext } from '@containerd-ts/plugin'
import { readBootstrap } from '@containerd-ts/shim-bootstrap'
import { join } from 'node:path'
import type { StarterOptions } from './open-starter.ts'
import { ShimSandboxController } from './shim-sandbox-controller.ts'
import { ShimManagers } from './shim-settings.ts'
import { ShimTaskManager } from './shim-task-manager.ts'
import { defaultTimeouts } from './timeouts.ts'

export { shimManagerPlugin } from './shim-settings.ts'

/** Directory below the daemon's state in which sandboxes have their bundles. */
const sandboxController = 'io.containerd.sandbox.controller.v1.shim'

/** What tasks and sandboxes have in common. */
function starterOptions({ daemon, get, logger }: PluginContext<ConfigTable>): StarterOptions {
  const shims = get(ShimManagers)
  const limit = (key: string, fallbackMs: number): number =>
    daemon.timeoutsMs[`io.containerd.timeout.${key}`] ?? fallbackMs
  return {
    events: get(EventExchanges),
    mounter: get(Mounters),
    logger,
    daemon: {
      grpcAddress: daemon.address,
      ttrpcAddress: daemon.ttrpcAddress,
      containerdBinary: daemon.executable,
      containerdVersion: daemon.version,
      socketDir: shims.socketDir,
      env: shims.env,
      debug: daemon.debug,
    },
    timeouts: {
      loadMs: limit('shim.load', defaultTimeouts.loadMs),
      cleanupMs: limit('shim.cleanup', defaultTimeouts.cleanupMs),
      shutdownMs: limit('shim.shutdown', defaultTimeouts.shutdownMs),
      stateMs: limit('task.state', defaultTimeouts.stateMs),
    },
  }
}

/** Runs tasks behind shims; adopts those of an earlier daemon. */
export const taskPlugin: AnyPlugin = definePlugin({
  slot: Runtimes,
  id: 'task',
  requires: [EventExchanges, MetadataStores, Mounters, MountManagers, ShimManagers],
  async init(context) {
    const { rootDir, stateDir, daemon, get, all, meta } = context
    const metadata = get(MetadataStores)
    meta.exports['log-uri-schemes'] = 'fifo,binary,binary-v2,file'
    meta.platforms.push({ os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch })
    const [mountManagers] = all(MountManagers).values()
    return await ShimTaskManager.open({
      ...starterOptions(context),
      rootDir,
      stateDir,
      mountManagers: mountManagers === undefined ? undefined : (namespace) => mountManagers.in(namespace),
      sandboxes: {
        exists: async (namespace, sandboxId) => {
          const record = await ifThere(metadata.in(namespace).sandboxes.get(sandboxId))
          return record !== undefined
        },
        endpoint: (namespace, sandboxId) => readBootstrap(join(daemon.state, sandboxController, namespace, sandboxId)),
      },
      runtimeOf: async (namespace, id) => {
        const record = await ifThere(metadata.in(namespace).containers.get(id))
        return record?.runtime.name
      },
    })
  },
})

/** Runs sandboxes behind shims that speak the sandbox API; runc's own does not. */
export const sandboxControllerPlugin: AnyPlugin = definePlugin({
  slot: SandboxControllers,
  id: 'shim',
  requires: [EventExchanges, Mounters, ShimManagers],
  init: (context) =>
    ShimSandboxController.open({ ...starterOptions(context), rootDir: context.rootDir, stateDir: context.stateDir }),
})

async function ifThere<T>(record: Promise<T>): Promise<T | undefined> {
  try {
    return await record
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
