// SPDX-License-Identifier: Apache-2.0
import { codeOf, type Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { checkState } from './init-state.ts'
import type { InitOperation, InitState } from './init-state.ts'

const outcome = (operation: InitOperation, state: InitState): Code | 'ok' => {
  try {
    checkState(operation, state)
    return 'ok'
  } catch (error) {
    return codeOf(error)
  }
}

describe('what a state allows', () => {
  it.each<[InitOperation, readonly (Code | 'ok')[]]>([
    ['start', ['ok', 2, 2, 2, 2]],
    ['delete', ['ok', 2, 2, 'ok', 5]],
    ['kill', ['ok', 'ok', 'ok', 'ok', 5]],
    ['pause', [2, 'ok', 2, 2, 2]],
    ['resume', [2, 2, 'ok', 2, 2]],
    ['exec in', ['ok', 'ok', 2, 2, 2]],
    ['update', ['ok', 'ok', 'ok', 2, 2]],
    ['checkpoint', [2, 'ok', 'ok', 2, 2]],
  ])('%s: created, running, paused, stopped, deleted', (operation, expected) => {
    const states: InitState[] = ['created', 'running', 'paused', 'stopped', 'deleted']
    expect(states.map((state) => outcome(operation, state))).toEqual(expected)
  })

  it('is refused in the original words', () => {
    expect(() => checkState('start', 'stopped')).toThrow('cannot start a stopped process')
    expect(() => checkState('delete', 'running')).toThrow('cannot delete a running process')
    expect(() => checkState('exec in', 'stopped')).toThrow('cannot exec in a stopped state')
    expect(() => checkState('exec in', 'restorable')).toThrow('cannot exec in a created state')
  })
})
