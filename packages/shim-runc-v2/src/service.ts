// SPDX-License-Identifier: Apache-2.0
import { Task as TaskV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { Task as TaskV3 } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import type { ShimHost, ShimService } from '@containerd-ts/shim'
import { TaskService } from './task-service.ts'

/** The long-lived part of the shim: one service under both names of its API. */
export function runcService(host: ShimHost): ShimService {
  const service = new TaskService(host)
  return {
    register: (server) => void server.register(TaskV3, service).register(TaskV2, service),
    dump: () => ({ containers: [...service.containers].map(({ id, init }) => `${id} ${init.status} ${init.pid}`) }),
    // Containers run on; what connects them to their clients ends with this process.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
