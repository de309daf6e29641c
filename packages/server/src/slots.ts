// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http'
import { defineSlot } from '@containerd-ts/plugin'
import type { RpcObserver } from '@containerd-ts/rpc/server'

/** Something that listens. Started after every plugin is loaded, in load order; disposed first of all. */
export interface Server extends AsyncDisposable {
  start(): Promise<void>
  /** Where it listens, for logs. */
  readonly address: string
}

export const Servers = defineSlot<Server>('io.containerd.server.v1')
/** What the debug server answers with. */
export const HttpHandlers = defineSlot<RequestListener>('io.containerd.http.v1')
export const RpcMetrics = defineSlot<RpcObserver>('io.containerd.metrics.v1')
