// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeletedProcess, Exit, PidInfo, ProcessState, TypedAny } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { eventually, isAlive, type Gate } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { ManagerRig } from './harness.ts'
import { expectNothingLeft, shimPids, SLEEP, startSleeper, topics } from './rig-checks.ts'

/** A shim executable and what is particular about it. */
export interface ShimUnderTest {
  readonly name: string
  readonly gate: Gate
  /** Runtime name or path. */
  readonly runtime: string
  /** Task API it announces. */
  readonly version: 2 | 3
}

/** What tasks do behind any shim, with a manager that lives, dies and comes back. */
export function taskScenarios(shim: ShimUnderTest): void {
  const open = (): Promise<ManagerRig> => ManagerRig.open({}, shim.runtime)

  describe.skipIf(!shim.gate.open)(`tasks behind ${shim.name}`, () => {
    it('runs a task from create to delete and leaves nothing', async () => {
      await using rig = await open()
      const { pid } = await rig.create('a', ['sh', '-c', 'echo hello; exit 7'])
      expect(await rig.call<ProcessState>('a', 'state')).toMatchObject({
        id: 'a',
        pid,
        status: 'created',
        exit: undefined,
      })
      expect(await rig.call('a', 'start')).toBe(pid)
      const exit = await rig.call<Exit>('a', 'wait')
      expect(exit.status).toBe(7)
      expect(await rig.call<ProcessState>('a', 'state')).toMatchObject({ status: 'stopped', exit: { status: 7 } })
      expect(await rig.call<DeletedProcess>('a', 'delete')).toEqual({ id: 'a', pid, exit })
      expect(await rig.output('a')).toBe('hello\n')
      await eventually('events', async () => (await topics(rig, 'a')).length >= 3)
      expect((await topics(rig, 'a')).slice(0, 3)).toEqual(['/tasks/create', '/tasks/start', '/tasks/exit'])
      expect((await topics(rig, 'a')).filter((topic) => topic.includes('manager'))).toEqual([])
      await expectNothingLeft(rig, 'a')
      await expect(rig.call('a', 'state')).rejects.toMatchObject({
        code: Code.NotFound,
        message: 'task a not found: not found',
      })
    })

    it('makes the bundle of the original', async () => {
      await using rig = await open()
      await startSleeper(rig, 'a')
      const bundle = rig.bundle('a')
      const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777
      expect([await mode(bundle), await mode(join(bundle, 'rootfs')), await mode(join(bundle, 'log'))]).toEqual([
        0o700, 0o711, 0o700,
      ])
      expect([await mode(rig.dir.join('state')), await mode(join(bundle, '..')), await mode(rig.work('a'))]).toEqual([
        0o711, 0o711, 0o711,
      ])
      expect(await readlink(join(bundle, 'work'))).toBe(rig.work('a'))
      expect(await readFile(join(bundle, 'shim-binary-path'), 'utf8')).toMatch(/^\/.*\/containerd-shim-runc-v2$/)
      expect(JSON.parse(await readFile(join(bundle, 'bootstrap.json'), 'utf8'))).toMatchObject({
        version: shim.version,
        protocol: 'ttrpc',
      })
      expect(await readFile(join(bundle, 'config.json'))).toEqual(Buffer.from(rig.task('a', SLEEP).spec?.value ?? []))
      expect(readdirSync(bundle)).toContain('init.pid')
    })

    it('executes processes beside the init, with their exit codes', async () => {
      await using rig = await open()
      await startSleeper(rig, 'a')
      await rig.call('a', 'exec', rig.exec('a', 'e1', ['sh', '-c', 'echo in; exit 5']))
      await expect(rig.call('a', 'exec', rig.exec('a', 'e1', ['true']))).rejects.toMatchObject({
        code: Code.AlreadyExists,
      })
      await expect(rig.call('a', 'exec', rig.exec('a', '-bad', ['true']))).rejects.toMatchObject({
        code: Code.InvalidArgument,
      })
      const pid = await rig.call<number>('a', 'start', 'e1')
      expect((await rig.call<Exit>('a', 'wait', 'e1')).status).toBe(5)
      expect(await rig.call<DeletedProcess>('a', 'deleteExec', 'e1')).toMatchObject({
        id: 'e1',
        pid,
        exit: { status: 5 },
      })
      expect(await rig.output('a-e1')).toBe('in\n')
      await expect(rig.call('a', 'state', 'e1')).rejects.toMatchObject({ code: Code.NotFound })
      await eventually('exit of the exec', async () => (await topics(rig, 'a')).includes('/tasks/exit'))
      expect(await topics(rig, 'a')).toEqual([
        '/tasks/create',
        '/tasks/start',
        '/tasks/exec-added',
        '/tasks/exec-started',
        '/tasks/exit',
      ])
    })

    it('signals, pauses, lists, measures and updates', async () => {
      await using rig = await open()
      const pid = await startSleeper(rig, 'a')
      expect(await rig.call<PidInfo[]>('a', 'pids')).toMatchObject([{ pid }])
      await rig.call('a', 'pause')
      expect(await rig.call<ProcessState>('a', 'state')).toMatchObject({ status: 'paused' })
      await rig.call('a', 'resume')
      expect((await rig.call<TypedAny>('a', 'stats')).typeUrl).toBe('io.containerd.cgroups.v1.Metrics')
      const value = Buffer.from(JSON.stringify({ pids: { limit: 50 } }))
      await rig.call('a', 'update', {
        typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/LinuxResources',
        value,
      })
      await expect(rig.call('a', 'delete')).rejects.toMatchObject({ code: Code.Unknown })
      expect(await rig.call<ProcessState>('a', 'state')).toMatchObject({ status: 'running' })
      await rig.call('a', 'kill', 9)
      expect((await rig.call<Exit>('a', 'wait')).status).toBe(137)
      await expect(rig.call('a', 'kill', 9)).rejects.toMatchObject({ code: Code.NotFound })
      await rig.call('a', 'delete')
      await expectNothingLeft(rig, 'a')
    })

    it('deletes a task that was never started', async () => {
      await using rig = await open()
      const { pid } = await rig.create('a', SLEEP)
      expect(await rig.call<DeletedProcess>('a', 'delete')).toMatchObject({ id: 'a', pid })
      await eventually('end of the init', () => !isAlive(pid))
      await expectNothingLeft(rig, 'a')
    })

    it('refuses a second task of a name, and bad names', async () => {
      await using rig = await open()
      const settled = await Promise.allSettled([rig.create('a', SLEEP), rig.create('a', SLEEP)])
      expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      await expect(rig.create('a', SLEEP)).rejects.toMatchObject({
        code: Code.AlreadyExists,
        message: 'task a: already exists',
      })
      await expect(rig.create('../a', SLEEP)).rejects.toMatchObject({ code: Code.InvalidArgument })
      await expect(rig.create('b', SLEEP, { runtime: 'io.containerd.absent.v1' })).rejects.toMatchObject({
        code: Code.NotFound,
      })
      expect(readdirSync(rig.dir.join('state', 'test'))).toEqual(['a'])
    })

    it('undoes a create that fails, without events', async () => {
      await using rig = await open()
      const error: unknown = await rig.create('a', ['/no/such/command']).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: Code.Unknown })
      expect(String(error)).toMatch(
        /failed to create shim task: OCI runtime create failed: .*no such file or directory/,
      )
      await expectNothingLeft(rig, 'a')
      expect(await rig.events()).toEqual([])
      await startSleeper(rig, 'a')
    })

    it('runs many tasks at once', async () => {
      await using rig = await open()
      const ids = Array.from({ length: 8 }, (_, i) => `t${i}`)
      const statuses = await Promise.all(
        ids.map(async (id, i) => {
          await rig.create(id, ['sh', '-c', `exit ${i}`])
          await rig.call(id, 'start')
          const { status } = await rig.call<Exit>(id, 'wait')
          await rig.call(id, 'delete')
          return status
        }),
      )
      expect(statuses).toEqual(ids.map((_, i) => i))
      expect(await rig.call('', 'list')).toEqual([])
      await eventually('end of the shims', () => shimPids(rig).length === 0)
    })

    it('reports a task whose shim is killed as killed', async () => {
      await using rig = await open()
      const pid = await startSleeper(rig, 'a')
      const wait = rig.call<Exit>('a', 'wait')
      await eventually('a shim', () => shimPids(rig).length === 1)
      for (const shim of shimPids(rig)) process.kill(shim, 'SIGKILL')
      expect((await wait).status).toBe(137)
      await eventually('events of the loss', async () => (await topics(rig, 'a')).length === 4)
      expect(await topics(rig, 'a')).toEqual([
        '/tasks/create',
        '/tasks/start',
        '/tasks/exit (manager)',
        '/tasks/delete (manager)',
      ])
      expect((await rig.events('a')).at(-2)).toMatchObject({ id: 'a', pid, exitStatus: 137 })
      await eventually('end of the task', async () => (await rig.call<unknown[]>('', 'list')).length === 0)
      await eventually('end of the init', () => !isAlive(pid))
      await expectNothingLeft(rig, 'a')
    })
  })

  describe.skipIf(!shim.gate.open)(`tasks behind ${shim.name} and a manager started again`, () => {
    it('adopts running tasks after kill -9', async () => {
      await using rig = await open()
      const pid = await startSleeper(rig, 'a')
      await rig.call('a', 'exec', rig.exec('a', 'e1', SLEEP))
      await rig.call('a', 'start', 'e1')
      await rig.crash()
      expect(isAlive(pid)).toBe(true)
      await rig.start()
      expect(await rig.call('', 'list')).toEqual([{ id: 'a', pid }])
      expect(await rig.call<ProcessState>('a', 'state')).toMatchObject({ status: 'running', pid })
      expect(await rig.call<ProcessState>('a', 'state', 'e1')).toMatchObject({ status: 'running' })
      await rig.call('a', 'kill', 15)
      await rig.call('a', 'kill', 9, { all: true })
      expect((await rig.call<Exit>('a', 'wait')).status).toBe(137)
      await eventually(
        'the exit',
        async () => (await topics(rig, 'a')).filter((topic) => topic === '/tasks/exit').length === 2,
      )
      await rig.call('a', 'delete')
      await expectNothingLeft(rig, 'a')
    })

    it('lets go of tasks when it is closed', async () => {
      await using rig = await open()
      const pid = await startSleeper(rig, 'a')
      const wait = rig.call<Exit>('a', 'wait').catch((error: unknown) => error)
      await rig.call('', 'close')
      expect(await wait).toMatchObject({ code: Code.Unknown, message: 'ttrpc: closed' })
      expect(isAlive(pid)).toBe(true)
      await rig.crash()
      await rig.start()
      expect(await rig.call('', 'list')).toEqual([{ id: 'a', pid }])
    })

    it('knows the exit of a task that ended meanwhile', async () => {
      await using rig = await open()
      const { pid } = await rig.create('a', ['sh', '-c', 'sleep 1; exit 3'])
      await rig.call('a', 'start')
      await rig.crash()
      await eventually('end of the init', () => !isAlive(pid))
      await rig.start()
      expect(await rig.call<ProcessState>('a', 'state')).toMatchObject({ status: 'stopped', exit: { status: 3 } })
      expect((await rig.events('a')).find(({ from }) => from === 'manager')).toMatchObject({
        topic: '/tasks/exit',
        pid,
        exitStatus: 3,
      })
      expect(await rig.call<DeletedProcess>('a', 'delete')).toMatchObject({ pid, exit: { status: 3 } })
      await expectNothingLeft(rig, 'a')
    })

    it('cleans up after a shim that died meanwhile', async () => {
      await using rig = await open()
      const pid = await startSleeper(rig, 'a')
      await rig.crash()
      for (const shim of shimPids(rig)) process.kill(shim, 'SIGKILL')
      await rig.start()
      expect(await rig.call('', 'list')).toEqual([])
      expect(await topics(rig, 'a')).toEqual(['/tasks/exit (manager)', '/tasks/delete (manager)'])
      expect((await rig.events('a'))[0]).toMatchObject({ pid, exitStatus: 137 })
      await eventually('end of the init', () => !isAlive(pid))
      await expectNothingLeft(rig, 'a')
    })

    it('removes bundles without a shim, empty ones and left-over work', async () => {
      await using rig = await open()
      await rig.crash()
      await mkdir(join(rig.bundle('halfway'), 'rootfs'), { recursive: true })
      await writeFile(join(rig.bundle('halfway'), 'shim-binary-path'), '/nonexistent/shim')
      await mkdir(rig.bundle('empty'), { recursive: true })
      await mkdir(rig.bundle('.hidden'), { recursive: true })
      await mkdir(rig.work('stale'), { recursive: true })
      await rig.start()
      expect(await rig.call('', 'list')).toEqual([])
      expect(readdirSync(rig.dir.join('state', 'test'))).toEqual(['.hidden'])
      expect(readdirSync(rig.dir.join('root', 'test'))).toEqual([])
      expect(await rig.events()).toEqual([])
    })

    it('leaves nothing of a create that the manager did not survive', async () => {
      await using rig = await open()
      execFileSync('mkfifo', [rig.dir.join('out')])
      const create = rig
        .create('a', SLEEP, { stdout: rig.dir.join('out'), stderr: '' })
        .catch((error: unknown) => error)
      const pid = await eventually(
        'an init',
        async () => Number(await readFile(join(rig.bundle('a'), 'init.pid'), 'utf8')) || undefined,
      )
      await rig.crash()
      await create
      await rig.start({ loadMs: 500 })
      expect(await rig.call('', 'list')).toEqual([])
      await eventually('end of the init', () => !isAlive(pid))
      await expectNothingLeft(rig, 'a')
    })

    it('joins the shim of a sandbox by its address, whatever task API it turns out to speak', async () => {
      await using rig = await open()
      await startSleeper(rig, 'pod')
      const { address } = JSON.parse(await readFile(join(rig.bundle('pod'), 'bootstrap.json'), 'utf8')) as {
        address: string
      }
      const join3 = { sandboxId: 'pod', taskApiAddress: `ttrpc+${address}`, taskApiVersion: 3 }
      const { pid } = await rig.create('a', ['sh', '-c', 'exit 4'], join3)
      expect(shimPids(rig)).toHaveLength(1)
      expect(await readFile(join(rig.bundle('a'), 'sandbox'), 'utf8')).toBe('pod')
      expect(await rig.call('a', 'start')).toBe(pid)
      expect((await rig.call<Exit>('a', 'wait')).status).toBe(4)
      await rig.call('a', 'delete')
      expect(existsSync(rig.bundle('a'))).toBe(false)
      expect(await rig.call<ProcessState>('pod', 'state')).toMatchObject({ status: 'running' })
      await rig.call('pod', 'kill', 9)
      await rig.call('pod', 'wait')
      await rig.call('pod', 'delete')
      await expectNothingLeft(rig, 'pod')
    })
  })
}
