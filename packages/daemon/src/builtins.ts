// SPDX-License-Identifier: Apache-2.0
import type { AnyPlugin } from '@containerd-ts/plugin'
import { grpcServerPlugin, metricsServerPlugin, rpcMetricsPlugin, ttrpcServerPlugin } from '@containerd-ts/server'
import { grpcPlugins, servicePlugins } from '@containerd-ts/services/plugins'

/** Every plugin of the containerd executable, in order of registration. */
export const builtins: readonly AnyPlugin[] = [
  ...servicePlugins,
  ...grpcPlugins,
  rpcMetricsPlugin,
  grpcServerPlugin,
  ttrpcServerPlugin,
  metricsServerPlugin,
]
