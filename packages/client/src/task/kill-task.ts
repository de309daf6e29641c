// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os'
import type { CallOptions, DeletedProcess } from '@containerd-ts/core'
import { isFailedPrecondition, isNotFound } from '@containerd-ts/errdefs'
import { removeFifos } from '../io/remove-fifos.ts'
import type { TaskProxy } from '../proxy/task.ts'

/** SIGKILL to everything in a task, or to one exec, and the end of it. A process that is gone already is fine. */
export async function killAndWait(task: TaskProxy, execId = '', options: CallOptions = {}): Promise<void> {
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

/**
 * Removes a process that has ended, and its FIFOs. @throws {NotFoundError} @throws {FailedPreconditionError} it runs
 */
export async function deleteProcess(task: TaskProxy, execId = '', options: CallOptions = {}): Promise<DeletedProcess> {
  const io = await task.state(execId, options)
  const deleted = await task.delete(execId, options)
  await removeFifos(io)
  return deleted
}
