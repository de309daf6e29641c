// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@containerd-ts/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeWorld } from './fake-world.ts'
import { RestartLabel, RestartMonitor } from '@containerd-ts/restart-monitor'

const intervalMs = 20
const { status, policy, count, logUri } = RestartLabel
const running = { [status]: 'running' }

describe('restart monitor', () => {
  let world = new FakeWorld()
  let monitor: RestartMonitor | undefined
  const watch = (changeTimeoutMs?: number) => {
    monitor = new RestartMonitor({ ...world.parts, intervalMs, changeTimeoutMs, logger: world.logger })
    return monitor
  }
  afterEach(async () => {
    world.letGo()
    await monitor?.[Symbol.asyncDispose]()
    world = new FakeWorld()
  })

  it('deletes what ended, then makes and starts a task with the streams that the labels name', async () => {
    world.container('one', { ...running, [logUri]: 'file:///log', [count]: '4' }).task('stopped', 1)
    watch()
    await eventually('start', () => world.isRunning('one'))
    expect(world.done).toEqual(['count 5', 'unwatch one', 'delete one', 'create one', 'watch one', 'start one'])
    expect(world.created).toMatchObject([{ id: 'one', stdin: '', stdout: 'file:///log', stderr: 'file:///log' }])
    expect(world.created[0]).toMatchObject({ terminal: true, rootfs: [{ source: 'fake/one' }], runtime: 'fake' })
  })

  it('kills what should not run, waits for its end and deletes it', async () => {
    world.container('one', { [status]: 'stopped' }).task('running')
    watch()
    await eventually('end', () => world.done.includes('delete one'))
    expect(world.done).toEqual(['kill one 9 all', 'ended one', 'unwatch one', 'delete one'])
  })

  it('does not mind a task that ends while it is being killed', async () => {
    world
      .container('one', { [status]: 'stopped' })
      .task('running')
      .endsBeforeKill()
    watch()
    await eventually('end', () => world.done.includes('delete one'))
    expect(world.errors).toEqual([])
  })

  it('leaves a container without a task to its client for one interval', async () => {
    world.container('young', running, new Date())
    world.container('old', running)
    watch()
    await eventually('the old one', () => world.isRunning('old'))
    expect(world.isRunning('young')).toBe(false)
    await eventually('the young one', () => world.isRunning('young'))
  })

  it('leaves a task that was just made to its client for one interval', async () => {
    world.container('one', running).task('created')
    const one = watch()
    await pause(intervalMs / 4)
    expect(world.done).toEqual([])
    await eventually('start', () => world.isRunning('one'))
    expect(world.done.slice(0, 2)).toEqual(['count 1', 'kill one 9 all'])
    await one[Symbol.asyncDispose]()
  })

  it('logs what fails for one container and goes on with the others, and with it in the next round', async () => {
    world.container('bad', { ...running, [policy]: 'rubbish' }).task('stopped')
    world.container('broken', running).failsToStart(3)
    world.container('good', running)
    watch()
    await eventually('the good one', () => world.isRunning('good'))
    await eventually('the broken one', () => world.isRunning('broken'))
    expect(world.errors).toContain('bad: restart policy "rubbish" not supported')
    expect(world.errors.filter((line) => line.startsWith('broken: '))).toHaveLength(3)
  })

  it('leaves alone a container of whose task nobody knows the state', async () => {
    world.container('one', running).task('running').hidesState()
    watch()
    await eventually('error', () => world.errors.includes('one: no answer'))
    expect(world.done).toEqual([])
  })

  it('survives a round that fails as a whole', async () => {
    world.container('one', running)
    world.failLists(2)
    watch()
    await eventually('start', () => world.isRunning('one'))
    expect(world.errors).toContain('undefined: no list')
  })

  it('never works twice at a time on one container, and the others do not wait for it', async () => {
    world.container('stuck', running).hangsInCreate()
    watch()
    await eventually('the create', () => world.done.includes('create stuck'))
    world.container('late', running)
    await eventually('the other', () => world.isRunning('late'))
    await pause(5 * intervalMs)
    expect(world.done.filter((line) => line === 'create stuck')).toHaveLength(1)
  })

  it('gives up a change that takes too long, and tries again', async () => {
    world.container('stuck', running).hangsInCreate()
    watch(50)
    await eventually('again', () => world.done.filter((line) => line === 'create stuck').length > 1)
    expect(world.errors).toContain('stuck: start of task stuck took longer than 50 ms')
  })

  it('lets a change come to its end when it is disposed, and begins no other', async () => {
    world.container('slow', running).hangsInCreate()
    const one = watch()
    await eventually('the create', () => world.done.includes('create slow'))
    const disposed = one[Symbol.asyncDispose]()
    world.container('late', running)
    await pause(3 * intervalMs)
    world.letGo()
    await disposed
    expect(world.isRunning('slow')).toBe(true)
    await pause(3 * intervalMs)
    expect(world.isRunning('late')).toBe(false)
    expect(world.errors).toEqual([])
  })
})
