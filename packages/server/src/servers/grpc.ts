// SPDX-License-Identifier: Apache-2.0
import { definePlugin } from '@containerd-ts/plugin'
import type { AnyPlugin, PluginContext } from '@containerd-ts/plugin'
import { createRpcServer } from '@containerd-ts/rpc/server'
import type { RpcObserver, RpcServer } from '@containerd-ts/rpc/server'
import { GrpcServices } from '@containerd-ts/rpc/slot'
import type { GrpcService } from '@containerd-ts/rpc/slot'
import { RpcMetrics, Servers } from '../slots.ts'
import type { Server } from '../slots.ts'

const maxMessageBytes = 16 << 20

/** Settings that every gRPC server has. */
export const messageSizes = {
  max_recv_message_size: maxMessageBytes,
  max_send_message_size: maxMessageBytes,
}

/** gRPC, Connect, gRPC-Web and JSON on one unix socket. */
export const grpcServerPlugin: AnyPlugin = definePlugin({
  slot: Servers,
  id: 'grpc',
  requires: [GrpcServices, RpcMetrics],
  defaults: { address: '', uid: 0, gid: 0, ...messageSizes },
  init(context): Server {
    const { config, daemon } = context
    const server = serverOf(context, () => true)
    return {
      address: daemon.address,
      start: () => server.listenUnix({ path: daemon.address, uid: config.uid, gid: config.gid }),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})

/** A server, yet to listen, of those services that `serves` takes. */
export function serverOf(
  { config, all, logger }: PluginContext<typeof messageSizes>,
  serves: (service: GrpcService) => boolean,
): RpcServer {
  const observers = [...all(RpcMetrics).values()]
  return createRpcServer({
    routes: (router) => {
      for (const register of all(GrpcServices).values()) if (serves(register)) register(router)
    },
    logger,
    maxReceiveBytes: limit(config.max_recv_message_size),
    maxSendBytes: limit(config.max_send_message_size),
    ...(observers.length === 0 ? {} : { observer: joined(observers) }),
  })
}

const limit = (bytes: number): number => (bytes > 0 ? bytes : maxMessageBytes)

const joined = (observers: readonly RpcObserver[]): RpcObserver => ({
  started: (call) => observers.forEach((observer) => observer.started?.(call)),
  received: (call) => observers.forEach((observer) => observer.received?.(call)),
  sent: (call) => observers.forEach((observer) => observer.sent?.(call)),
  handled: (call, code, durationMs) => observers.forEach((observer) => observer.handled?.(call, code, durationMs)),
})
