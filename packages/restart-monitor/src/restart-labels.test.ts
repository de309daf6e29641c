// SPDX-License-Identifier: Apache-2.0
import { isInvalidArgument } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { ioOf, RestartLabel, restartWish } from './restart-labels.ts'

const { status, policy, count, explicitlyStopped, logUri, logPath } = RestartLabel

describe('labels of a container', () => {
  it('ask for nothing without a status, or with one that is not to be had', () => {
    expect(restartWish({})).toBeUndefined()
    expect(restartWish({ [policy]: 'always' })).toBeUndefined()
    expect(restartWish({ [status]: 'paused', [policy]: 'rubbish' })).toBeUndefined()
  })

  it('ask for a running task, always, unless they say more', () => {
    expect(restartWish({ [status]: 'running' })).toEqual({
      status: 'running',
      policy: { name: 'always', maxRestarts: 0 },
      count: 0,
      explicitlyStopped: false,
    })
  })

  it('say how often it was restarted and that a client stopped it', () => {
    const wish = restartWish({
      [status]: 'stopped',
      [policy]: 'on-failure:3',
      [count]: '2',
      [explicitlyStopped]: 'true',
    })
    expect(wish).toMatchObject({ status: 'stopped', policy: { maxRestarts: 3 }, count: 2, explicitlyStopped: true })
  })

  it.each([
    ['1', true],
    ['T', true],
    ['TRUE', true],
    ['yes', false],
    ['false', false],
    ['', false],
  ])('explicitly stopped: "%s" is %s', (text, stopped) => {
    expect(restartWish({ [status]: 'running', [explicitlyStopped]: text })?.explicitlyStopped).toBe(stopped)
  })

  it.each([{ [count]: 'many' }, { [count]: '1.5' }, { [policy]: 'rubbish' }])('that cannot be read: %j', (labels) => {
    expect(() => restartWish({ [status]: 'running', ...labels })).toThrow(expect.toSatisfy(isInvalidArgument))
  })
})

describe('streams of a restarted task', () => {
  it.each([
    [{}, false, ''],
    [{}, true, '/dev/null'],
    [{ [logUri]: 'binary:///bin/logger?a=b' }, true, 'binary:///bin/logger?a=b'],
    [{ [logPath]: '/var/log/a' }, false, 'file:///var/log/a'],
    [{ [logPath]: '/var/log/a', [logUri]: 'file:///b' }, false, 'file:///b'],
  ])('%j, terminal: %s', (labels, terminal, log) => {
    expect(ioOf(labels, terminal)).toEqual({ stdin: '', stdout: log, stderr: log, terminal })
  })
})
