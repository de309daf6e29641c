// SPDX-License-Identifier: Apache-2.0
import { createRouterTransport } from '@connectrpc/connect'
import { Status } from '@containerd-ts/api/types/task/task_pb'
import { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import { parseNamespace } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { TasksClient } from '../proxy/tasks.ts'
import { deleteProcess } from './kill-task.ts'

/** A task whose processes are all in one state, and what was deleted of it. */
async function taskIn(status: Status, pid = 7) {
  const deleted: string[] = []
  const transport = createRouterTransport(({ service }) => {
    service(Tasks, {
      get: ({ containerId, execId }) => ({ process: { containerId, id: execId || containerId, pid, status } }),
      delete: ({ containerId }) => {
        deleted.push(containerId)
        return { id: containerId }
      },
      deleteProcess: ({ execId }) => {
        deleted.push(execId)
        return { id: execId }
      },
    })
  })
  return { deleted, task: await new TasksClient(transport, parseNamespace('space')).get('c') }
}

describe('deleting a process', () => {
  const { CREATED, PAUSED, PAUSING, RUNNING, STOPPED, UNKNOWN } = Status

  it.each([
    [CREATED, 'created'],
    [RUNNING, 'running'],
    [PAUSED, 'paused'],
    [PAUSING, 'pausing'],
  ])('refuses a task that has not ended: %s, %s', async (status, word) => {
    const { task, deleted } = await taskIn(status)
    await expect(deleteProcess(task)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringContaining(`c: task must be stopped before deletion: ${word}`),
    })
    expect(deleted).toEqual([])
  })

  it.each([
    [STOPPED, 7],
    [UNKNOWN, 7],
    [CREATED, 0],
  ])('removes a task that has ended, or has never had a process: status %s, pid %s', async (status, pid) => {
    const { task, deleted } = await taskIn(status, pid)
    await deleteProcess(task)
    expect(deleted).toEqual(['c'])
  })

  it.each([
    [RUNNING, 'running'],
    [PAUSED, 'paused'],
    [PAUSING, 'pausing'],
  ])('refuses an exec that runs: %s, %s', async (status, word) => {
    const { task, deleted } = await taskIn(status)
    await expect(deleteProcess(task, 'e')).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringContaining(`e: current process state: ${word}, process must be stopped before deletion`),
    })
    expect(deleted).toEqual([])
  })

  it.each([STOPPED, UNKNOWN, CREATED])('removes any other exec: %s', async (status) => {
    const { task, deleted } = await taskIn(status)
    await deleteProcess(task, 'e')
    expect(deleted).toEqual(['e'])
  })
})
