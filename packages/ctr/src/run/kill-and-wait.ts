// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os'
import type { TaskProxy } from '@containerd-ts/client'
import type { CallOptions } from '@containerd-ts/core'
import { isFailedPrecondition, isNotFound } from '@containerd-ts/errdefs'

/** SIGKILL to everything in a task, or to one exec, and the end of it. A process that is gone already is fine. */
export async function killAndWait(task: TaskProxy, execId: string, options: CallOptions): Promise<void> {
  const { status, pid } = await task.state(execId, options)
  if (status === 'stopped' || (status === 'created' && pid === 0)) return
  const ended = task.wait(execId, options)
  ended.catch(() => {}) // the kill below may fail first
  try {
    await task.kill(constants.signals.SIGKILL, { ...options, ...(execId === '' ? { all: true } : { execId }) })
  } catch (error) {
    if (isFailedPrecondition(error)) return
    if (!isNotFound(error)) throw error
  }
  await ended
}
