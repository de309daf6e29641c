// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { TaskCreateSchema, TaskDeleteSchema, TaskExitSchema, TaskStartSchema } from '@containerd-ts/api/events/task_pb'
import { isZeroTimestamp } from '@containerd-ts/api'
import { Status } from '@containerd-ts/api/types/task/task_pb'
import { describe, expect, it } from 'vitest'
import { itWhen } from '../it-when.ts'
import { eventually } from './traits.ts'
import type { TaskSuite } from './traits.ts'

export function lifecycleTests({ traits, open }: TaskSuite): void {
  describe.each([...traits.taskVersions])('over task API v%i', (version) => {
    it('creates, starts, tells the exit, deletes, shuts down, with events in that order', async () => {
      await using d = await open(version)
      const streams = await d.streams('c1')
      const shim = await d.start('c1', { args: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'] })
      const { task } = shim
      const { pid } = await task.create(d.createRequest(shim, streams))
      expect(pid).toBeGreaterThan(0)
      const made = await task.state({ id: 'c1', execId: '' })
      expect(made).toMatchObject({ id: 'c1', bundle: shim.bundle, pid, status: Status.CREATED, stdout: streams.stdout })
      expect(isZeroTimestamp(made.exitedAt)).toBe(true)
      const waiting = task.wait({ id: 'c1', execId: '' })
      expect(await task.start({ id: 'c1', execId: '' })).toMatchObject({ pid })
      expect(await streams.readAll()).toBe('out\n')
      expect(await streams.readAll(streams.stderr)).toBe('err\n')
      expect(await waiting).toMatchObject({ exitStatus: 7 })
      expect(await task.wait({ id: 'c1', execId: '' })).toMatchObject({ exitStatus: 7 })
      const ended = await task.state({ id: 'c1', execId: '' })
      expect(ended).toMatchObject({ status: Status.STOPPED, exitStatus: 7 })
      expect(Math.abs(Number(ended.exitedAt?.seconds) - Date.now() / 1000)).toBeLessThan(30)
      expect(await task.delete({ id: 'c1', execId: '' })).toMatchObject({ pid, exitStatus: 7 })
      await d.events.until('/tasks/delete')
      expect(d.events.topics).toEqual(['/tasks/create', '/tasks/start', '/tasks/exit', '/tasks/delete'])
      expect(d.events.envelopes.every(({ namespace }) => namespace === 'conformance')).toBe(true)
      expect(d.events.of('/tasks/create', TaskCreateSchema)[0]).toMatchObject({
        containerId: 'c1',
        bundle: shim.bundle,
        pid,
      })
      expect(d.events.of('/tasks/start', TaskStartSchema)[0]).toMatchObject({ containerId: 'c1', pid })
      expect(d.events.of('/tasks/exit', TaskExitSchema)[0]).toMatchObject({
        containerId: 'c1',
        id: 'c1',
        pid,
        exitStatus: 7,
      })
      expect(d.events.of('/tasks/delete', TaskDeleteSchema)[0]).toMatchObject({ containerId: 'c1', pid, exitStatus: 7 })
      const { shimPid } = await task.connect({ id: 'c1' })
      await task.shutdown({ id: 'c1', now: false }).catch(() => undefined)
      await eventually('end of the shim', () => !d.isAlive(shimPid))
      expect(existsSync(d.socketPath(shim.result.address))).toBe(false)
    })
  })

  it('answers Wait, and tells start before exit, for a process that ends at once', async () => {
    await using d = await open()
    const { task } = await d.run('quick', { args: ['/bin/true'] })
    expect(await task.wait({ id: 'quick', execId: '' })).toMatchObject({ exitStatus: 0 })
    await d.events.until('/tasks/exit')
    expect(d.events.topics).toEqual(['/tasks/create', '/tasks/start', '/tasks/exit'])
  })

  it.each([
    ['KILL', 9],
    ['TERM', 15],
  ])('tells 128 plus the signal for a process ended by SIG%s', async (_, signal) => {
    await using d = await open()
    // An init without a handler is immune to what its own namespace sends it, not to what the host sends.
    const { task } = await d.run('sig', { args: ['/bin/sleep', '100'], hostPid: true })
    await task.kill({ id: 'sig', execId: '', signal, all: false })
    expect(await task.wait({ id: 'sig', execId: '' })).toMatchObject({ exitStatus: 128 + signal })
  })

  it('refuses Shutdown while a container is there', async () => {
    await using d = await open()
    const { task } = await d.run('stay', { args: ['/bin/sleep', '100'] })
    const { shimPid, taskPid } = await task.connect({ id: 'stay' })
    await task.shutdown({ id: 'stay', now: true })
    expect(await task.connect({ id: 'stay' })).toMatchObject({ shimPid, taskPid })
    expect(await task.connect({ id: 'other' })).toMatchObject({ shimPid, taskPid: 0 })
  })

  itWhen(traits.tellsExitOfUnstarted, 'an exit event for containers that never ran')(
    'deletes a container that never ran: exit, then deletion, and Wait is answered',
    async () => {
      await using d = await open()
      const shim = await d.start('idle', { args: ['/bin/true'] })
      await shim.task.create(d.createRequest(shim))
      const waiting = shim.task.wait({ id: 'idle', execId: '' })
      expect(await shim.task.delete({ id: 'idle', execId: '' })).toMatchObject({ exitStatus: 137 })
      expect(await waiting).toMatchObject({ exitStatus: 137 })
      await d.events.until('/tasks/delete')
      expect(d.events.topics).toEqual(['/tasks/create', '/tasks/exit', '/tasks/delete'])
    },
  )

  itWhen(traits.drainsEvents, 'events sent before Shutdown is answered')(
    'delivers the last event although Shutdown follows at once',
    async () => {
      await using d = await open()
      const { task } = await d.run('last', { args: ['/bin/true'] })
      await task.wait({ id: 'last', execId: '' })
      await task.delete({ id: 'last', execId: '' })
      await task.shutdown({ id: 'last', now: true }).catch(() => undefined)
      await d.events.until('/tasks/delete')
      expect(d.events.topics.at(-1)).toBe('/tasks/delete')
    },
  )

  it('pauses and resumes', async () => {
    await using d = await open()
    const { task } = await d.run('pause', { args: ['/bin/sleep', '100'] })
    await task.pause({ id: 'pause' })
    expect(await task.state({ id: 'pause', execId: '' })).toMatchObject({ status: Status.PAUSED })
    await task.resume({ id: 'pause' })
    expect(await task.state({ id: 'pause', execId: '' })).toMatchObject({ status: Status.RUNNING })
    await d.events.until('/tasks/resumed')
    expect(d.events.topics.slice(2)).toEqual(['/tasks/paused', '/tasks/resumed'])
  })

  itWhen(traits.initEndsLast, 'the exit of the init told last')(
    'ends processes that share the host pid namespace with their init, and tells the init last',
    async () => {
      await using d = await open()
      const { task } = await d.run('shared', { args: ['/bin/sleep', '100'], hostPid: true })
      const spec = {
        typeUrl: '',
        value: Buffer.from(
          JSON.stringify({ args: ['/bin/sleep', '200'], cwd: '/', user: { uid: 0, gid: 0 }, env: [] }),
        ),
      }
      await task.exec({ id: 'shared', execId: 'e', terminal: false, stdin: '', stdout: '', stderr: '', spec })
      await task.start({ id: 'shared', execId: 'e' })
      await task.kill({ id: 'shared', execId: '', signal: 9, all: false })
      expect(await task.wait({ id: 'shared', execId: '' })).toMatchObject({ exitStatus: 137 })
      await d.events.until('/tasks/exit', 2)
      expect(d.events.of('/tasks/exit', TaskExitSchema).map(({ id }) => id)).toEqual(['e', 'shared'])
    },
  )
}
