// SPDX-License-Identifier: Apache-2.0
import { packMessage, toTimestamp } from '@containerd-ts/api'
import {
  TaskCheckpointedSchema,
  TaskCreateSchema,
  TaskDeleteSchema,
  TaskExecAddedSchema,
  TaskExecStartedSchema,
  TaskExitSchema,
  TaskOOMSchema,
  TaskPausedSchema,
  TaskResumedSchema,
  TaskStartSchema,
} from '@containerd-ts/api/events/task_pb'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { DomainEvent, TaskEvent } from '@containerd-ts/core'
import { toMount } from './mount.ts'

export const isTaskEvent = (event: DomainEvent): event is TaskEvent => event.topic.startsWith('/tasks/')

/** Task events as shims encode them. */
export function encodeTaskEvent(event: TaskEvent): Any {
  switch (event.topic) {
    case '/tasks/create': {
      const { containerId, bundle, io, checkpoint, pid } = event
      return packMessage(TaskCreateSchema, {
        containerId,
        bundle,
        rootfs: event.rootfs.map(toMount),
        io,
        checkpoint,
        pid,
      })
    }
    case '/tasks/start':
      return packMessage(TaskStartSchema, { containerId: event.containerId, pid: event.pid })
    case '/tasks/exit': {
      const { containerId, id, pid, exitStatus, exitedAt } = event
      return packMessage(TaskExitSchema, { containerId, id, pid, exitStatus, exitedAt: toTimestamp(exitedAt) })
    }
    case '/tasks/delete': {
      const { containerId, id, pid, exitStatus, exitedAt } = event
      return packMessage(TaskDeleteSchema, { containerId, id, pid, exitStatus, exitedAt: toTimestamp(exitedAt) })
    }
    case '/tasks/oom':
      return packMessage(TaskOOMSchema, { containerId: event.containerId })
    case '/tasks/paused':
      return packMessage(TaskPausedSchema, { containerId: event.containerId })
    case '/tasks/resumed':
      return packMessage(TaskResumedSchema, { containerId: event.containerId })
    case '/tasks/exec-added':
      return packMessage(TaskExecAddedSchema, { containerId: event.containerId, execId: event.execId })
    case '/tasks/exec-started':
      return packMessage(TaskExecStartedSchema, {
        containerId: event.containerId,
        execId: event.execId,
        pid: event.pid,
      })
    case '/tasks/checkpointed':
      return packMessage(TaskCheckpointedSchema, { containerId: event.containerId, checkpoint: event.checkpoint })
  }
}
