// SPDX-License-Identifier: Apache-2.0
import type { Namespace } from '@containerd-ts/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import type { ShimTask } from './shim-task.ts'

/** The daemon's tasks by namespace and id. */
export class TaskTable {
  readonly #tasks = new Map<string, Map<string, ShimTask>>()

  has(namespace: string, id: string): boolean {
    return this.#tasks.get(namespace)?.has(id) ?? false
  }

  /** @throws {NotFoundError} */
  get(namespace: string, id: string): ShimTask {
    const task = this.#tasks.get(namespace)?.get(id)
    if (task === undefined) throw new NotFoundError(`task ${id} not found`)
    return task
  }

  add(task: ShimTask): void {
    const tasks = this.#tasks.get(task.namespace) ?? new Map<string, ShimTask>()
    this.#tasks.set(task.namespace, tasks.set(task.id, task))
  }

  /** Whether this very task is in the table, not another of its name. */
  holds(task: ShimTask): boolean {
    return this.#tasks.get(task.namespace)?.get(task.id) === task
  }

  remove(task: ShimTask): void {
    if (!this.holds(task)) return
    const tasks = this.#tasks.get(task.namespace)
    tasks?.delete(task.id)
    if (tasks?.size === 0) this.#tasks.delete(task.namespace)
  }

  list(namespace?: Namespace): readonly ShimTask[] {
    if (namespace !== undefined) return [...(this.#tasks.get(namespace)?.values() ?? [])]
    return [...this.#tasks.values()].flatMap((tasks) => [...tasks.values()])
  }
}
