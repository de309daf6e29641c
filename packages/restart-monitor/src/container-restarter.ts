// SPDX-License-Identifier: Apache-2.0
import { taskOf } from '@containerd-ts/core'
import type {
  CallOptions,
  Container,
  Metadata,
  Namespace,
  ProcessState,
  Task,
  TaskManager,
  TaskMonitor,
} from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { containerRootfs, containerSpec } from '@containerd-ts/oci'
import { ioOf, RestartLabel } from './restart-labels.ts'

export interface RestarterInit {
  readonly metadata: Metadata
  readonly tasks: Pick<TaskManager, 'get' | 'create' | 'delete'>
  readonly monitor: TaskMonitor
}

/** A task and the state in which it was judged. */
export interface JudgedTask {
  readonly task: Task
  readonly state: ProcessState
}

const sigkill = 9

/**
 * Brings the task of one container into being or to its end, as the tasks service does it: through the task manager,
 * whose operations on one container have an order.
 */
export class ContainerRestarter {
  readonly #init: RestarterInit

  constructor(init: RestarterInit) {
    this.#init = init
  }

  /** The container's task as it is now; absent when there is none or its shim is gone. */
  async look(namespace: Namespace, id: string, options: CallOptions): Promise<JudgedTask | undefined> {
    try {
      const task = this.#init.tasks.get(namespace, id)
      return { task, state: await task.state(undefined, options) }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Counts, ends what is left of the task before, makes a new one and starts it. */
  async start(
    namespace: Namespace,
    container: Container,
    count: number,
    before: JudgedTask | undefined,
    options: CallOptions,
  ): Promise<void> {
    const { metadata, tasks, monitor } = this.#init
    const view = metadata.in(namespace)
    const { id, runtime, labels } = container
    const path = `labels.${RestartLabel.count}`
    await view.containers.update({ id, runtime, labels: { [RestartLabel.count]: String(count) } }, [path], options)
    if (before !== undefined) await this.stop(before, options)
    const rootfs = await containerRootfs(container, (name) => view.snapshotter(name), options)
    const io = ioOf(labels, containerSpec(container)?.process?.terminal ?? false)
    const task = await tasks.create(namespace, { ...taskOf(container), rootfs, ...io }, options)
    monitor.monitor(task, { runtime: task.runtime })
    await task.start(undefined, options)
  }

  /** Kills the task unless it has ended, and deletes it. One that is gone meanwhile is as good. */
  async stop({ task, state }: JudgedTask, options: CallOptions): Promise<void> {
    const { tasks, monitor } = this.#init
    if (state.status !== 'stopped') await this.#kill(task, options)
    monitor.stop(task)
    await ifThere(tasks.delete(task.namespace, task.id, options))
  }

  async #kill(task: Task, options: CallOptions): Promise<void> {
    const exited = ifThere(task.wait(undefined, options))
    exited.catch(() => {}) // heard below, unless the kill fails first
    await ifThere(task.kill(sigkill, { ...options, all: true }))
    await exited
  }
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
