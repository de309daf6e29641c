// SPDX-License-Identifier: Apache-2.0
import { Status } from '@containerd-ts/api/types/task/task_pb'
import type { ProcessStatus } from './process.ts'

const statuses: Readonly<Record<ProcessStatus, Status>> = {
  created: Status.CREATED,
  running: Status.RUNNING,
  paused: Status.PAUSED,
  pausing: Status.PAUSING,
  stopped: Status.STOPPED,
}

export const wireStatus = (status: ProcessStatus): Status => statuses[status]
