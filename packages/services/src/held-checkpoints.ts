// SPDX-License-Identifier: Apache-2.0
import type { Task } from '@containerd-ts/core'

/** Unpacked checkpoints of tasks that are yet to start; a shim reads its own when the task starts. */
export class HeldCheckpoints {
  readonly #held = new Map<string, AsyncDisposable>()

  keep(task: Task, checkpoint: AsyncDisposable): void {
    this.#held.set(keyOf(task), checkpoint)
  }

  /** The task has started or is gone. */
  async release(task: Task): Promise<void> {
    const key = keyOf(task)
    const checkpoint = this.#held.get(key)
    this.#held.delete(key)
    await checkpoint?.[Symbol.asyncDispose]()
  }
}

const keyOf = ({ namespace, id }: Task): string => `${namespace}/${id}`
