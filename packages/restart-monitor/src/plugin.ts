// SPDX-License-Identifier: Apache-2.0
import { parseDuration } from '@containerd-ts/lifecycle'
import {
  ContainerMonitors,
  definePlugin,
  EventExchanges,
  MetadataStores,
  Runtimes,
  Snapshotters,
  TaskMonitors,
} from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { RestartMonitor } from './restart-monitor.ts'
import { restartPolicyNames } from './restart-policy.ts'

const defaultIntervalMs = 10_000

/** Looks after containers with restart labels for as long as the daemon runs. */
export const restartMonitorPlugin: AnyPlugin = definePlugin({
  slot: ContainerMonitors,
  id: 'restart',
  requires: [EventExchanges, MetadataStores, Runtimes, Snapshotters, TaskMonitors],
  defaults: { interval: '10s' },
  init({ config, get, logger, meta }) {
    meta.capabilities.push(...restartPolicyNames)
    const intervalMs = parseDuration(config.interval)
    return new RestartMonitor({
      metadata: get(MetadataStores),
      tasks: get(Runtimes),
      monitor: get(TaskMonitors),
      intervalMs: intervalMs > 0 ? intervalMs : defaultIntervalMs,
      logger,
    })
  },
})
