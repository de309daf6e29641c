// SPDX-License-Identifier: Apache-2.0
// The task API by hand: loading the generated messages took three quarters of the server's start and much of its heap.
import {
  bool,
  list,
  nested,
  plainAny,
  plainEmpty,
  plainMessage,
  plainTimestamp,
  text,
  texts,
  uint32,
  unary,
} from '@containerd-ts/ttrpc'

export const mount = plainMessage('containerd.types.Mount', {
  type: text(1),
  source: text(2),
  target: text(3),
  options: texts(4),
})

export const processInfo = plainMessage('containerd.v1.types.ProcessInfo', {
  pid: uint32(1),
  info: nested(2, plainAny),
})

/** Versions 2 and 3 differ in their package's name alone. */
const taskService = (version: 2 | 3) => {
  const name = (type: string): string => `containerd.task.v${version}.${type}`
  const container = { id: text(1) }
  const process = { id: text(1), execId: text(2) }
  const started = { pid: uint32(1) }

  const createTaskRequest = plainMessage(name('CreateTaskRequest'), {
    id: text(1),
    bundle: text(2),
    rootfs: list(3, mount),
    terminal: bool(4),
    stdin: text(5),
    stdout: text(6),
    stderr: text(7),
    checkpoint: text(8),
    options: nested(10, plainAny),
  })
  const stateResponse = plainMessage(name('StateResponse'), {
    id: text(1),
    bundle: text(2),
    pid: uint32(3),
    status: uint32(4),
    stdin: text(5),
    stdout: text(6),
    stderr: text(7),
    terminal: bool(8),
    exitStatus: uint32(9),
    exitedAt: nested(10, plainTimestamp),
  })
  const deleteResponse = plainMessage(name('DeleteResponse'), {
    pid: uint32(1),
    exitStatus: uint32(2),
    exitedAt: nested(3, plainTimestamp),
  })
  const waitResponse = plainMessage(name('WaitResponse'), {
    exitStatus: uint32(1),
    exitedAt: nested(2, plainTimestamp),
  })
  const execProcessRequest = plainMessage(name('ExecProcessRequest'), {
    id: text(1),
    execId: text(2),
    terminal: bool(3),
    stdin: text(4),
    stdout: text(5),
    stderr: text(6),
    spec: nested(7, plainAny),
  })
  const connectResponse = plainMessage(name('ConnectResponse'), {
    shimPid: uint32(1),
    taskPid: uint32(2),
    version: text(3),
  })
  const size = { ...process, width: uint32(3), height: uint32(4) }
  const signal = { ...process, signal: uint32(3), all: bool(4) }
  const image = { id: text(1), path: text(2), options: nested(3, plainAny) }

  return {
    typeName: name('Task'),
    methods: {
      State: unary(plainMessage(name('StateRequest'), process), stateResponse),
      Create: unary(createTaskRequest, plainMessage(name('CreateTaskResponse'), started)),
      Start: unary(plainMessage(name('StartRequest'), process), plainMessage(name('StartResponse'), started)),
      Delete: unary(plainMessage(name('DeleteRequest'), process), deleteResponse),
      Pids: unary(
        plainMessage(name('PidsRequest'), container),
        plainMessage(name('PidsResponse'), { processes: list(1, processInfo) }),
      ),
      Pause: unary(plainMessage(name('PauseRequest'), container), plainEmpty),
      Resume: unary(plainMessage(name('ResumeRequest'), container), plainEmpty),
      Checkpoint: unary(plainMessage(name('CheckpointTaskRequest'), image), plainEmpty),
      Kill: unary(plainMessage(name('KillRequest'), signal), plainEmpty),
      Exec: unary(execProcessRequest, plainEmpty),
      ResizePty: unary(plainMessage(name('ResizePtyRequest'), size), plainEmpty),
      CloseIO: unary(plainMessage(name('CloseIORequest'), { ...process, stdin: bool(3) }), plainEmpty),
      Update: unary(
        plainMessage(name('UpdateTaskRequest'), { id: text(1), resources: nested(2, plainAny) }),
        plainEmpty,
      ),
      Wait: unary(plainMessage(name('WaitRequest'), process), waitResponse),
      Stats: unary(
        plainMessage(name('StatsRequest'), container),
        plainMessage(name('StatsResponse'), { stats: nested(1, plainAny) }),
      ),
      Connect: unary(plainMessage(name('ConnectRequest'), container), connectResponse),
      Shutdown: unary(plainMessage(name('ShutdownRequest'), { id: text(1), now: bool(2) }), plainEmpty),
    },
  }
}

export const taskServiceV2 = taskService(2)
export const taskServiceV3 = taskService(3)
