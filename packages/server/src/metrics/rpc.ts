// SPDX-License-Identifier: Apache-2.0
import { codeName } from '@containerd-ts/errdefs'
import { definePlugin } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import type { ObservedCall, RpcObserver } from '@containerd-ts/rpc/server'
import { Counter, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { RpcMetrics } from '../slots.ts'
import { registry } from './registry.ts'

/** Counts calls under the names that gRPC servers in Go use. */
export const rpcMetricsPlugin: AnyPlugin = definePlugin({
  slot: RpcMetrics,
  id: 'grpc-prometheus',
  defaults: { grpc_histogram: false },
  init: ({ config }) => rpcMetrics(registry, config.grpc_histogram),
})

function rpcMetrics(target: Registry, withHistogram: boolean): RpcObserver {
  const labelNames = ['grpc_type', 'grpc_service', 'grpc_method'] as const
  const counter = (name: string, help: string, labels: readonly string[] = labelNames): Counter =>
    new Counter({ name, help, labelNames: [...labels], registers: [target] })
  const started = counter('grpc_server_started_total', 'calls started on the server')
  const received = counter('grpc_server_msg_received_total', 'messages received from clients')
  const sent = counter('grpc_server_msg_sent_total', 'messages sent to clients')
  const handled = counter('grpc_server_handled_total', 'calls ended on the server, whatever their result', [
    ...labelNames,
    'grpc_code',
  ])
  const seconds = withHistogram
    ? new Histogram({
        name: 'grpc_server_handling_seconds',
        help: 'time calls took on the server',
        labelNames: [...labelNames],
        registers: [target],
      })
    : undefined
  return {
    started: (call) => started.inc(labelsOf(call)),
    received: (call) => received.inc(labelsOf(call)),
    sent: (call) => sent.inc(labelsOf(call)),
    handled: (call, code, durationMs) => {
      handled.inc({ ...labelsOf(call), grpc_code: codeName(code) })
      seconds?.observe(labelsOf(call), durationMs / 1000)
    },
  }
}

/** Go's names for the kinds: `unary`, `server_stream`, `client_stream`, `bidi_stream`. */
const labelsOf = ({ service, method, type }: ObservedCall): Record<string, string> => ({
  grpc_service: service,
  grpc_method: method,
  grpc_type: type === 'unary' ? 'unary' : `${type.replace('_streaming', '')}_stream`,
})
