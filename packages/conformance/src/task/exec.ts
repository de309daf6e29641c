// SPDX-License-Identifier: Apache-2.0
import { unpackMessage } from '@containerd-ts/api'
import { TaskExitSchema } from '@containerd-ts/api/events/task_pb'
import { ProcessDetailsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { Status } from '@containerd-ts/api/types/task/task_pb'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { processOf } from './bundle.ts'
import type { TaskSuite } from './traits.ts'

const specOf = (args: readonly string[]) => ({ typeUrl: 'any', value: Buffer.from(JSON.stringify(processOf(args))) })

export function execTests({ open }: TaskSuite): void {
  describe('exec', () => {
    it('runs a further process with streams of its own', async () => {
      await using d = await open()
      const { task } = await d.run('c', { args: ['/bin/sleep', '100'] })
      const streams = await d.streams('c-e', { stdin: true })
      const { stdin, stdout, stderr } = streams
      const id = { id: 'c', execId: 'e' }
      await task.exec({
        ...id,
        terminal: false,
        stdin,
        stdout,
        stderr,
        spec: specOf(['/bin/sh', '-c', 'read x; echo got $x; exit 5']),
      })
      expect(await task.state(id)).toMatchObject({ id: 'e', pid: 0, status: Status.CREATED })
      const { pid } = await task.start(id)
      const { processes } = await task.pids({ id: 'c' })
      const details = processes.map(({ pid: each, info }) => [each, unpackMessage(ProcessDetailsSchema, info)?.execId])
      expect(details).toContainEqual([pid, 'e'])
      await streams.write('word\n')
      expect(await streams.readAll()).toBe('got word\n')
      expect(await task.wait(id)).toMatchObject({ exitStatus: 5 })
      expect(await task.state(id)).toMatchObject({ status: Status.STOPPED, exitStatus: 5 })
      expect(await task.delete(id)).toMatchObject({ pid, exitStatus: 5 })
      await expect(task.state(id)).rejects.toMatchObject({ code: Code.NotFound })
      await d.events.until('/tasks/exit')
      expect(d.events.topics).toEqual([
        '/tasks/create',
        '/tasks/start',
        '/tasks/exec-added',
        '/tasks/exec-started',
        '/tasks/exit',
      ])
      expect(d.events.of('/tasks/exit', TaskExitSchema)[0]).toMatchObject({
        containerId: 'c',
        id: 'e',
        pid,
        exitStatus: 5,
      })
    })

    it('stays created when the runtime cannot start it, and can be deleted', async () => {
      await using d = await open()
      const { task } = await d.run('c', { args: ['/bin/sleep', '100'] })
      const id = { id: 'c', execId: 'bad' }
      await task.exec({ ...id, terminal: false, stdin: '', stdout: '', stderr: '', spec: specOf(['/bin/nothing']) })
      await expect(task.start(id)).rejects.toMatchObject({
        code: Code.Unknown,
        message: expect.stringContaining('OCI runtime exec failed') as unknown,
      })
      expect(await task.state(id)).toMatchObject({ status: Status.CREATED })
      await task.delete(id)
      expect(d.events.topics).not.toContain('/tasks/exit')
    })

    it('is killed by its own pid', async () => {
      await using d = await open()
      const { task } = await d.run('c', { args: ['/bin/sleep', '100'] })
      const id = { id: 'c', execId: 'k' }
      await task.exec({ ...id, terminal: false, stdin: '', stdout: '', stderr: '', spec: specOf(['/bin/sleep', '50']) })
      await task.start(id)
      await task.kill({ ...id, signal: 9, all: false })
      expect(await task.wait(id)).toMatchObject({ exitStatus: 137 })
      await expect(task.kill({ ...id, signal: 9, all: false })).rejects.toMatchObject({ code: Code.NotFound })
      expect(await task.state({ id: 'c', execId: '' })).toMatchObject({ status: Status.RUNNING })
    })
  })
}
