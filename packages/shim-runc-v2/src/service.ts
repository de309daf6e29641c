// SPDX-License-Identifier: Apache-2.0
import type { ShimHost, ShimService } from '@containerd-ts/shim'
import { taskServiceV2, taskServiceV3 } from './messages/task-api.ts'
import { TaskService } from './task-service.ts'

/** The long-lived part of the shim: one service under both names of its API. */
export function runcService(host: ShimHost): ShimService {
  const service = new TaskService(host)
  return {
    register: (server) => void server.registerPlain(taskServiceV3, service).registerPlain(taskServiceV2, service),
    dump: () => ({ containers: [...service.containers].map(({ id, init }) => `${id} ${init.status} ${init.pid}`) }),
    // Containers run on; what connects them to their clients ends with this process.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
