// SPDX-License-Identifier: Apache-2.0
import { packMessage } from '@containerd-ts/api'
import { OptionsSchema as GenericOptionsSchema } from '@containerd-ts/api/types/runtimeoptions/v1/api_pb'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { itWhen } from '../it-when.ts'
import type { TaskSuite } from './traits.ts'

const code = (value: Code, message?: string) => ({
  code: value,
  ...(message !== undefined && { message: expect.stringContaining(message) as unknown }),
})

export function errorTests({ traits, open }: TaskSuite): void {
  describe('refusals', () => {
    it('knows no container that was not created', async () => {
      await using d = await open()
      const { task } = await d.start('none', { args: ['/bin/true'] })
      const id = { id: 'none', execId: '' }
      const missing = code(Code.NotFound, 'container not created')
      await expect(task.state(id)).rejects.toMatchObject(missing)
      await expect(task.start(id)).rejects.toMatchObject(missing)
      await expect(task.delete(id)).rejects.toMatchObject(missing)
      await expect(task.wait(id)).rejects.toMatchObject(missing)
      await expect(task.pids(id)).rejects.toMatchObject(missing)
      await expect(task.kill({ ...id, signal: 9, all: false })).rejects.toMatchObject(missing)
    })

    it('starts a container once, deletes it when it has ended, kills it while it runs', async () => {
      await using d = await open()
      const { task } = await d.run('once', { args: ['/bin/sleep', '100'] })
      const id = { id: 'once', execId: '' }
      await expect(task.start(id)).rejects.toMatchObject(code(Code.Unknown))
      await expect(task.delete(id)).rejects.toMatchObject(code(Code.Unknown, 'cannot delete a running process'))
      await expect(task.resume(id)).rejects.toMatchObject(code(Code.Unknown))
      await task.kill({ ...id, signal: 9, all: false })
      await task.wait(id)
      await expect(task.kill({ ...id, signal: 9, all: false })).rejects.toMatchObject(
        code(Code.NotFound, 'process already finished'),
      )
      await expect(task.start(id)).rejects.toMatchObject(code(Code.Unknown, 'cannot start a stopped process'))
      await expect(task.pause(id)).rejects.toMatchObject(code(Code.Unknown))
      await task.delete(id)
      await expect(task.delete(id)).rejects.toMatchObject(code(Code.NotFound))
    })

    it('says why the runtime would not make a container, and can try again', async () => {
      await using d = await open()
      const shim = await d.start('bad', { args: ['/bin/does-not-exist'] })
      const request = d.createRequest(shim)
      await expect(
        (async () => {
          await shim.task.create(request)
          await shim.task.start({ id: 'bad', execId: '' })
        })(),
      ).rejects.toMatchObject(code(Code.Unknown, 'no such file or directory'))
    })

    it('tells execs that do not exist from those that did not start', async () => {
      await using d = await open()
      const { task } = await d.run('ex', { args: ['/bin/sleep', '100'] })
      const id = { id: 'ex', execId: 'x' }
      const spec = {
        typeUrl: '',
        value: Buffer.from(JSON.stringify({ args: ['/bin/true'], cwd: '/', user: { uid: 0, gid: 0 } })),
      }
      const exec = { ...id, terminal: false, stdin: '', stdout: '', stderr: '', spec }
      await expect(task.start(id)).rejects.toMatchObject(code(Code.NotFound, 'process does not exist x'))
      await expect(task.closeIO({ ...id, stdin: true })).rejects.toMatchObject(code(Code.Unknown, 'not found'))
      await task.exec(exec)
      await expect(task.exec(exec)).rejects.toMatchObject(code(Code.AlreadyExists, 'x'))
      await expect(task.kill({ ...id, signal: 9, all: false })).rejects.toMatchObject(
        code(Code.FailedPrecondition, 'process not created'),
      )
      await task.kill({ id: 'ex', execId: '', signal: 9, all: false })
      await task.wait({ id: 'ex', execId: '' })
      const refusal = traits.initEndsLast
        ? code(Code.FailedPrecondition, 'init process is not running')
        : code(Code.Unknown)
      await expect(task.start(id)).rejects.toMatchObject(refusal)
    })

    itWhen(traits.refusesForeignOptions, 'a check of the options type')(
      'refuses options of another runtime',
      async () => {
        await using d = await open()
        const shim = await d.start('opts', { args: ['/bin/true'] })
        const options = packMessage(GenericOptionsSchema, { typeUrl: 'x' })
        await expect(shim.task.create({ ...d.createRequest(shim), options })).rejects.toMatchObject(
          code(Code.InvalidArgument),
        )
      },
    )

    it('refuses a stream it does not know', async () => {
      await using d = await open()
      const shim = await d.start('scheme', { args: ['/bin/true'] })
      const request = { ...d.createRequest(shim), stdout: 'npipe:///x', stderr: 'npipe:///x' }
      await expect(shim.task.create(request)).rejects.toMatchObject(code(Code.Unknown, 'unknown STDIO scheme npipe'))
    })
  })
}
