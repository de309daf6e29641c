// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os'
import type { CallOptions, DeletedProcess, ProcessState, TaskIo } from '@containerd-ts/core'
import { FailedPreconditionError, isFailedPrecondition, isNotFound } from '@containerd-ts/errdefs'
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
 * Removes a process that has ended, and its FIFOs. A task that has no process yet counts as ended, and an exec that
 * has not started. @throws {NotFoundError} @throws {FailedPreconditionError} it has not ended
 */
export async function deleteProcess(task: TaskProxy, execId = '', options: CallOptions = {}): Promise<DeletedProcess> {
  const state = await task.state(execId, options)
  if (execId === '') refuseTask(task.id, state)
  else refuseExec(execId, state)
  return await removeProcess(task, state, execId, options)
}

/** Removes a process whatever its state is, if the daemon agrees, and its FIFOs. */
export async function removeProcess(
  task: TaskProxy,
  io: TaskIo,
  execId = '',
  options: CallOptions = {},
): Promise<DeletedProcess> {
  const deleted = await task.delete(execId, options)
  await removeFifos(io)
  return deleted
}

/** Daemons do not ask: they would kill the init of a created task. */
function refuseTask(id: string, { status, pid }: ProcessState): void {
  if (status === 'stopped' || status === 'unknown' || (status === 'created' && pid === 0)) return
  throw new FailedPreconditionError(`${id}: task must be stopped before deletion: ${status}`)
}

function refuseExec(id: string, { status }: ProcessState): void {
  if (status !== 'running' && status !== 'paused' && status !== 'pausing') return
  throw new FailedPreconditionError(`${id}: current process state: ${status}, process must be stopped before deletion`)
}
