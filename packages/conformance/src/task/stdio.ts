// SPDX-License-Identifier: Apache-2.0
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from './traits.ts'
import type { TaskSuite } from './traits.ts'

export function stdioTests({ traits, open }: TaskSuite): void {
  describe('streams', () => {
    it('keeps input open until CloseIO, then ends it with the client', async () => {
      await using d = await open()
      const streams = await d.streams('cat', { stdin: true })
      const { task } = await d.run('cat', { args: ['/bin/cat'] }, streams)
      await streams.write('one\n')
      expect(await streams.readUntil((text) => text.includes('\n'))).toBe('one\n')
      await task.closeIO({ id: 'cat', execId: '', stdin: true })
      await streams.write('two\n')
      await streams.closeStdin()
      expect(await streams.readAll()).toBe('two\n')
      expect(await task.wait({ id: 'cat', execId: '' })).toMatchObject({ exitStatus: 0 })
    })

    it('delivers four megabytes whole', async () => {
      await using d = await open()
      const streams = await d.streams('big')
      const { task } = await d.run('big', { args: ['/bin/dd', 'if=/dev/zero', 'bs=65536', 'count=64'] }, streams)
      expect((await streams.readAll()).length).toBe(4 << 20)
      expect(await task.wait({ id: 'big', execId: '' })).toMatchObject({ exitStatus: 0 })
    })

    it('keeps output for a client that goes away and comes back', async () => {
      await using d = await open()
      const streams = await d.streams('back', { stdin: true })
      const { task } = await d.run(
        'back',
        { args: ['/bin/sh', '-c', 'read a; echo first; read b; echo second'] },
        streams,
      )
      streams.closeReader(streams.stdout)
      await streams.write('go\n')
      await streams.openReader(streams.stdout)
      expect(await streams.readUntil((text) => text.includes('first'))).toBe('first\n')
      await streams.write('go\n')
      expect(await streams.readAll()).toBe('second\n')
      expect(await task.wait({ id: 'back', execId: '' })).toMatchObject({ exitStatus: 0 })
    })

    it('appends both outputs to a file', async () => {
      await using d = await open()
      const path = join(d.directory, 'logs', 'deep', 'out.log')
      const shim = await d.start('file', { args: ['/bin/sh', '-c', 'echo out; echo err >&2'] })
      await shim.task.create({ ...d.createRequest(shim), stdout: `file://${path}`, stderr: `file://${path}` })
      await shim.task.start({ id: 'file', execId: '' })
      await shim.task.wait({ id: 'file', execId: '' })
      await shim.task.delete({ id: 'file', execId: '' })
      const lines = (await readFile(path, 'utf8')).split('\n').sort()
      expect(lines).toEqual(expect.arrayContaining(traits.filesTakeStderr ? ['err', 'out'] : ['out']))
    })

    it('hands both outputs to a logging program, with its arguments and two variables', async () => {
      await using d = await open()
      const [program, log] = [join(d.directory, 'logger'), join(d.directory, 'logged')]
      const script = `#!/bin/sh\necho "$1 $2 $CONTAINER_ID $CONTAINER_NAMESPACE" >${log}\nexec 5>&-\n/bin/cat <&3 >>${log} &\n/bin/cat <&4 >>${log}\nwait\n`
      await writeFile(program, script)
      await chmod(program, 0o755)
      const shim = await d.start('log', { args: ['/bin/sh', '-c', 'echo out; echo err >&2'] })
      const uri = `binary://${program}?key=value`
      await shim.task.create({ ...d.createRequest(shim), stdout: uri, stderr: uri })
      await shim.task.start({ id: 'log', execId: '' })
      await shim.task.wait({ id: 'log', execId: '' })
      await eventually('log lines', async () => (await readFile(log, 'utf8')).includes('out'))
      await shim.task.delete({ id: 'log', execId: '' })
      const lines = (await readFile(log, 'utf8')).split('\n')
      expect(lines[0]).toBe('key value log conformance')
      expect(lines.slice(1).sort()).toEqual(['', 'err', 'out'])
    })

    it('gives a terminal, its size, and both directions', async () => {
      await using d = await open()
      const streams = await d.streams('tty', { stdin: true, terminal: true })
      const { task } = await d.run(
        'tty',
        { args: ['/bin/sh', '-c', 'read x; stty size; exit 4'], terminal: true },
        streams,
      )
      await task.resizePty({ id: 'tty', execId: '', width: 132, height: 43 })
      await streams.write('go\n')
      const text = await streams.readAll()
      expect(text).toContain('43 132')
      expect(text).toContain('\r\n')
      expect(await task.wait({ id: 'tty', execId: '' })).toMatchObject({ exitStatus: 4 })
    })

    it('runs without any stream', async () => {
      await using d = await open()
      const { task } = await d.run('mute', { args: ['/bin/sh', '-c', 'echo lost; exit 0'] })
      const { exitStatus } = await task.wait({ id: 'mute', execId: '' })
      expect([0, 1]).toContain(exitStatus)
    })
  })
}
