// SPDX-License-Identifier: Apache-2.0
import { contentPlugin } from '@containerd-ts/content/plugin'
import { walkingPlugin } from '@containerd-ts/diff/plugin'
import { eventsPlugin } from '@containerd-ts/events/plugin'
import { gcPlugin, leasePlugin, metadataPlugin } from '@containerd-ts/metadata/plugin'
import { mounterPlugin } from '@containerd-ts/mount/plugin'
import { loopHandlerPlugin, mountManagerPlugin } from '@containerd-ts/mount-manager/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { restartMonitorPlugin } from '@containerd-ts/restart-monitor/plugin'
import { sandboxControllerPlugin, shimManagerPlugin, taskPlugin } from '@containerd-ts/runtime-v2/plugin'
import {
  debugServerPlugin,
  grpcServerPlugin,
  grpcTcpServerPlugin,
  metricsServerPlugin,
  pprofPlugin,
  optPlugin,
  rpcMetricsPlugin,
  taskMonitorPlugin,
  ttrpcServerPlugin,
} from '@containerd-ts/server'
import { grpcPlugins, servicePlugins } from '@containerd-ts/services/plugins'
import { nativePlugin } from '@containerd-ts/snapshotter-native/plugin'
import { overlayPlugin } from '@containerd-ts/snapshotter-overlay/plugin'
import { streamingPlugin } from '@containerd-ts/streaming/plugin'
import { storePlugin } from '@containerd-ts/store/plugin'
import { imageVerifierPlugin, transferPlugin } from '@containerd-ts/transfer/plugin'
import { protobufEvents } from '@containerd-ts/wire/events'
import { layerWorkerUrl } from './layer-worker-url.ts'

/** Every plugin of the containerd executable, in order of registration. */
export const builtins: readonly AnyPlugin[] = [
  optPlugin,
  storePlugin,
  contentPlugin,
  eventsPlugin(protobufEvents),
  mounterPlugin,
  overlayPlugin,
  nativePlugin,
  metadataPlugin,
  gcPlugin,
  leasePlugin,
  loopHandlerPlugin,
  mountManagerPlugin,
  walkingPlugin(layerWorkerUrl()),
  shimManagerPlugin,
  taskPlugin,
  sandboxControllerPlugin,
  taskMonitorPlugin,
  restartMonitorPlugin,
  streamingPlugin,
  imageVerifierPlugin,
  transferPlugin,
  ...servicePlugins,
  ...grpcPlugins,
  rpcMetricsPlugin,
  pprofPlugin,
  grpcServerPlugin,
  grpcTcpServerPlugin,
  ttrpcServerPlugin,
  debugServerPlugin,
  metricsServerPlugin,
]
