// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '@containerd-ts/core'
import type { NamespaceClient } from '../containerd-client.ts'
import { joinProcessIo } from '../io/process-io.ts'
import type { LocalStdio } from '../io/stdio-copy.ts'
import { TaskProcess } from './task-process.ts'

/** Joins the streams of a task that exists. @throws {NotFoundError} */
export async function attachTask(
  client: NamespaceClient,
  id: string,
  local: LocalStdio,
  options: CallOptions = {},
): Promise<TaskProcess> {
  const task = await client.tasks.get(id, options)
  const io = await joinProcessIo(await task.state('', options), local)
  const process = new TaskProcess(task, '', io, task.wait('', options))
  process.followInput()
  return process
}
