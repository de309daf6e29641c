// SPDX-License-Identifier: Apache-2.0
import type { Differ, Metadata, Task, TaskManager } from '@containerd-ts/core'
import { expect, it } from 'vitest'
import { tasksService } from './tasks.ts'

it('tasks of an earlier daemon are monitored as well', () => {
  const adopted = [{ id: 'a' }, { id: 'b' }] as Task[]
  const monitored: Task[] = []
  tasksService({
    metadata: {} as Metadata,
    tasks: { list: (namespace?: string) => (namespace === undefined ? adopted : []) } as unknown as TaskManager,
    monitor: { monitor: (task) => void monitored.push(task), stop: () => {} },
    differ: {} as Differ,
    stateTimeoutMs: 2000,
  })
  expect(monitored).toEqual(adopted)
})
