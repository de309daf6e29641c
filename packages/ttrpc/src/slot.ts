// SPDX-License-Identifier: Apache-2.0
import { defineSlot } from '@containerd-ts/plugin'
import type { TtrpcServer } from './server.ts'

/** Plugins that add services to the daemon's ttrpc socket. */
export const TtrpcServices = defineSlot<(server: TtrpcServer) => void>('io.containerd.ttrpc.v1')
