// SPDX-License-Identifier: Apache-2.0
import type { Exit, ProcessStatus } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import { decideRestart } from './restart-decision.ts'
import type { TaskFacts } from './restart-decision.ts'
import { RestartLabel, restartWish } from './restart-labels.ts'

const exit = (status: number): Exit => ({ status, at: { date: new Date(0), nanos: 0 } })
const stopped = (status: number): TaskFacts => ({ status: 'stopped', exit: exit(status) })
const task = (status: ProcessStatus): TaskFacts => ({ status })

function decide(status: string, policy: string, facts: TaskFacts | undefined, more: Record<string, string> = {}) {
  const wish = restartWish({ [RestartLabel.status]: status, [RestartLabel.policy]: policy, ...more })
  return wish === undefined ? undefined : decideRestart(wish, facts)
}

describe('a container that should run', () => {
  it.each<[string, string, TaskFacts | undefined, Record<string, string>, string]>([
    ['runs', 'always', task('running'), {}, 'leave'],
    ['ended well', 'always', stopped(0), {}, 'start'],
    ['failed', '', stopped(1), {}, 'start'],
    ['has no task', 'always', undefined, {}, 'start'],
    ['was made and never started', 'always', task('created'), {}, 'start'],
    ['is paused', 'always', task('paused'), {}, 'leave'],
    ['is being paused', 'always', task('pausing'), {}, 'leave'],
    ['failed', 'no', stopped(1), {}, 'leave'],
    ['has no task', 'no', undefined, {}, 'leave'],
    ['ended well', 'on-failure', stopped(0), {}, 'leave'],
    ['failed', 'on-failure', stopped(137), {}, 'start'],
    ['failed often', 'on-failure', stopped(1), { [RestartLabel.count]: '99' }, 'start'],
    ['failed for the first time', 'on-failure:2', stopped(1), {}, 'start'],
    ['failed for the second time', 'on-failure:2', stopped(1), { [RestartLabel.count]: '1' }, 'start'],
    ['failed for the third time', 'on-failure:2', stopped(1), { [RestartLabel.count]: '2' }, 'leave'],
    ['has no task', 'on-failure', undefined, {}, 'leave'],
    ['was made and never started', 'on-failure', task('created'), {}, 'leave'],
    ['ended well', 'unless-stopped', stopped(0), {}, 'start'],
    ['was stopped', 'unless-stopped', stopped(143), { [RestartLabel.explicitlyStopped]: 'true' }, 'leave'],
    ['has no task', 'unless-stopped', undefined, { [RestartLabel.explicitlyStopped]: 'false' }, 'start'],
    ['was stopped', 'always', stopped(143), { [RestartLabel.explicitlyStopped]: 'true' }, 'start'],
  ])('and %s, policy "%s"', (_what, policy, facts, more, decision) => {
    expect(decide('running', policy, facts, more)).toBe(decision)
  })
})

describe('a container that should not run', () => {
  it.each<[string, TaskFacts | undefined, string]>([
    ['runs', task('running'), 'stop'],
    ['is paused', task('paused'), 'stop'],
    ['was made and never started', task('created'), 'stop'],
    ['ended', stopped(1), 'leave'],
    ['has no task', undefined, 'leave'],
  ])('and %s, whatever its policy', (_what, facts, decision) => {
    expect(decide('stopped', 'always', facts)).toBe(decision)
    expect(decide('stopped', 'no', facts)).toBe(decision)
  })
})
