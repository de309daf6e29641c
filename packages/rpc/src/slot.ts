// SPDX-License-Identifier: Apache-2.0
import { defineSlot } from '@containerd-ts/plugin'
import type { RegisterRoutes } from './server/routes.ts'

/** Plugins that add services to the daemon's gRPC socket. */
export const GrpcServices = defineSlot<RegisterRoutes>('io.containerd.grpc.v1')
