// SPDX-License-Identifier: Apache-2.0
import { JsonType, packJson } from '@containerd-ts/api'
import type { CallOptions } from '@containerd-ts/core'
import type { SpecProcess } from '@containerd-ts/oci'
import { graceSignal } from '../call-grace.ts'
import { openProcessIo } from '../io/process-io.ts'
import type { IoRequest } from '../io/process-io.ts'
import type { TaskProxy } from '../proxy/task.ts'
import { TaskProcess } from './task-process.ts'

export interface ExecRequest {
  readonly execId: string
  readonly spec: SpecProcess
  readonly io: IoRequest
  /** Do not wait for its end: it will be detached. */
  readonly detached?: boolean | undefined
}

/** Makes a process in a task; `start` runs it. @throws {AlreadyExistsError} the exec id is taken */
export async function execProcess(
  task: TaskProxy,
  request: ExecRequest,
  options: CallOptions = {},
): Promise<TaskProcess> {
  const { execId, spec } = request
  await using undo = new AsyncDisposableStack()
  const io = undo.use(await openProcessIo(execId, request.io))
  options.signal?.throwIfAborted()
  const { typeUrl, value } = packJson(JsonType.Process, spec)
  await task.exec({ execId, ...io.io, spec: { typeUrl, value } }, { signal: graceSignal(options.signal) })
  undo.move()
  const exited = request.detached === true ? undefined : task.wait(execId, options)
  const process = new TaskProcess(task, execId, io, exited)
  if (options.signal?.aborted !== true) return process
  await process[Symbol.asyncDispose]()
  throw options.signal.reason
}
