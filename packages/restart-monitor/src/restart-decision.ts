// SPDX-License-Identifier: Apache-2.0
import type { ProcessState } from '@containerd-ts/core'
import type { RestartWish } from './restart-labels.ts'

export type RestartDecision = 'leave' | 'start' | 'stop'

/** The part of a task's state that decides; absent for a container without a task. */
export type TaskFacts = Pick<ProcessState, 'status' | 'exit'>

/** What brings a task to where the container's labels want it. */
export function decideRestart(wish: RestartWish, task: TaskFacts | undefined): RestartDecision {
  if (task?.status === wish.status) return 'leave'
  if (wish.status === 'stopped') return task === undefined ? 'leave' : 'stop'
  if (task?.status === 'paused' || task?.status === 'pausing') return 'leave'
  return mayStart(wish, task) ? 'start' : 'leave'
}

/** A task that is gone takes its exit status along: nobody can say that it failed. */
function mayStart({ policy, count, explicitlyStopped }: RestartWish, task: TaskFacts | undefined): boolean {
  switch (policy.name) {
    case 'no':
      return false
    case 'always':
      return true
    case 'on-failure':
      return (task?.exit?.status ?? 0) !== 0 && (policy.maxRestarts === 0 || count < policy.maxRestarts)
    case 'unless-stopped':
      return !explicitlyStopped
  }
}
