// SPDX-License-Identifier: Apache-2.0
import { bool, list, nested, plainMessage, plainTimestamp, text, uint32 } from '@containerd-ts/ttrpc'
import { mount } from './task-api.ts'

const name = (type: string): string => `containerd.events.${type}`

export const taskIo = plainMessage(name('TaskIO'), {
  stdin: text(1),
  stdout: text(2),
  stderr: text(3),
  terminal: bool(4),
})

export const taskCreate = plainMessage(name('TaskCreate'), {
  containerId: text(1),
  bundle: text(2),
  rootfs: list(3, mount),
  io: nested(4, taskIo),
  checkpoint: text(5),
  pid: uint32(6),
})

export const taskStart = plainMessage(name('TaskStart'), { containerId: text(1), pid: uint32(2) })

export const taskDelete = plainMessage(name('TaskDelete'), {
  containerId: text(1),
  pid: uint32(2),
  exitStatus: uint32(3),
  exitedAt: nested(4, plainTimestamp),
})

export const taskExit = plainMessage(name('TaskExit'), {
  containerId: text(1),
  id: text(2),
  pid: uint32(3),
  exitStatus: uint32(4),
  exitedAt: nested(5, plainTimestamp),
})

export const taskOom = plainMessage(name('TaskOOM'), { containerId: text(1) })
export const taskPaused = plainMessage(name('TaskPaused'), { containerId: text(1) })
export const taskResumed = plainMessage(name('TaskResumed'), { containerId: text(1) })
export const taskExecAdded = plainMessage(name('TaskExecAdded'), { containerId: text(1), execId: text(2) })

export const taskExecStarted = plainMessage(name('TaskExecStarted'), {
  containerId: text(1),
  execId: text(2),
  pid: uint32(3),
})
