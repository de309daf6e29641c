// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import { DeleteResponseSchema } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { RuntimeInfoSchema } from '@containerd-ts/api/types/introspection_pb'
import { Status } from '@containerd-ts/api/types/task/task_pb'
import { describe, expect, it } from 'vitest'
import { itWhen } from '../it-when.ts'
import { eventually } from './traits.ts'
import type { TaskSuite } from './traits.ts'

const group = { 'io.containerd.runc.v2.group': 'pod' }

export function processTests({ traits, open }: TaskSuite): void {
  describe('process', () => {
    it('serves a group of containers from one process, until the last is gone', async () => {
      await using d = await open()
      const first = await d.run('first', { args: ['/bin/sleep', '100'], annotations: group })
      const second = await d.run('second', { args: ['/bin/sleep', '100'], annotations: group })
      expect(second.result.address).toBe(first.result.address)
      const { shimPid } = await first.task.connect({ id: 'first' })
      expect(await second.task.connect({ id: 'second' })).toMatchObject({ shimPid, taskPid: second.pid })
      for (const { id, task } of [first, second]) {
        expect(d.isAlive(shimPid)).toBe(true)
        await task.kill({ id, execId: '', signal: 9, all: false })
        await task.wait({ id, execId: '' })
        await task.delete({ id, execId: '' })
        await task.shutdown({ id, now: false }).catch(() => undefined)
      }
      await eventually('end of the shim', () => !d.isAlive(shimPid))
      expect(existsSync(d.socketPath(first.result.address)) && traits.removesGroupSocket).toBe(false)
    })

    itWhen(traits.releasesDescriptors, 'a shim that lets go of descriptors')(
      'holds nothing of a container that is gone',
      async () => {
        await using d = await open()
        const stays = await d.run('stays', { args: ['/bin/sleep', '100'], annotations: group })
        const { shimPid } = await stays.task.connect({ id: 'stays' })
        const openFds = (): number => readdirSync(`/proc/${shimPid}/fd`).length
        const counts: number[] = []
        for (const id of ['warm', 'second', 'third']) {
          const streams = await d.streams(id, { stdin: true, terminal: id === 'third' })
          const terminal = id === 'third'
          const { task, connection } = await d.run(id, { args: ['/bin/true'], annotations: group, terminal }, streams)
          await task.wait({ id, execId: '' })
          await task.delete({ id, execId: '' })
          connection.close()
          await new Promise((resolve) => setTimeout(resolve, 300))
          counts.push(openFds())
        }
        expect(counts[2]).toBeLessThanOrEqual(counts[0] ?? 0)
      },
    )

    it('replaces the socket of a shim that died', async () => {
      await using d = await open()
      const dead = await d.start('again', { args: ['/bin/true'] })
      const { shimPid } = await dead.task.connect({ id: 'again' })
      process.kill(shimPid, 'SIGKILL')
      await dead.connection.gone
      const output = await d.command('again', 'start')
      expect(output.status).toBe(0)
      const fresh = d.client(await d.connect(dead.result))
      expect((await fresh.connect({ id: 'again' })).shimPid).not.toBe(shimPid)
    })

    it('leaves containers running when it is told to end, and its delete command ends them', async () => {
      await using d = await open()
      const { task, pid, connection } = await d.run('orphan', { args: ['/bin/sleep', '100'] })
      const { shimPid } = await task.connect({ id: 'orphan' })
      process.kill(shimPid, 'SIGTERM')
      await connection.gone
      await eventually('end of the shim', () => !d.isAlive(shimPid))
      expect(d.isAlive(pid)).toBe(true)
      const output = await d.command('orphan', 'delete')
      expect(output.status).toBe(0)
      expect(fromBinary(DeleteResponseSchema, output.stdout)).toMatchObject({ pid, exitStatus: 137 })
      await eventually('end of the container', () => !d.isAlive(pid))
      const again = await d.command('orphan', 'delete')
      expect(again.status).toBe(0)
    })

    it('prints its name and version, and refuses an empty namespace', async () => {
      await using d = await open()
      const version = await d.execute(d.directory, ['-v'])
      expect(version.stdout.toString()).toMatch(/^\S+:\n {2}Version: +\S+\n {2}Revision: .*\n {2}Go version: \S+\n\n$/)
      const refused = await d.execute(d.directory, ['-id', 'x', 'start'])
      expect(refused.status).toBe(1)
      expect(refused.stderr).toContain('shim namespace cannot be empty')
    })

    itWhen(traits.info, 'the call RuntimeInfo')('tells what the runtime can do', async () => {
      await using d = await open()
      const output = await d.execute(d.directory, ['-info'])
      expect(fromBinary(RuntimeInfoSchema, output.stdout)).toMatchObject({ name: 'io.containerd.runc.v2' })
    })

    it('reports an exec as paused while its container is', async () => {
      await using d = await open()
      const { task } = await d.run('p', { args: ['/bin/sleep', '100'] })
      const spec = {
        typeUrl: '',
        value: Buffer.from(JSON.stringify({ args: ['/bin/sleep', '9'], cwd: '/', user: { uid: 0, gid: 0 } })),
      }
      await task.exec({ id: 'p', execId: 'e', terminal: false, stdin: '', stdout: '', stderr: '', spec })
      await task.start({ id: 'p', execId: 'e' })
      await task.pause({ id: 'p' })
      expect(await task.state({ id: 'p', execId: 'e' })).toMatchObject({ status: Status.PAUSED })
      await task.resume({ id: 'p' })
    })
  })
}
