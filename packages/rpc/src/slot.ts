// SPDX-License-Identifier: Apache-2.0
import { defineSlot } from '@containerd-ts/plugin'
import type { RegisterRoutes } from './server/routes.ts'

/** Adds services to a server. */
export type GrpcService = RegisterRoutes & {
  /** Served over TCP as well, where that is configured: for services that are safe to reach from elsewhere. */
  readonly overTcp?: boolean
}

/** Plugins that add services to the daemon's gRPC servers. */
export const GrpcServices = defineSlot<GrpcService>('io.containerd.grpc.v1')
