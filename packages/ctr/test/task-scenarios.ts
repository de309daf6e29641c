// SPDX-License-Identifier: Apache-2.0
import { connectContainerd, createTask } from '@containerd-ts/client'
import { parseNamespace } from '@containerd-ts/core'
import { eventually, hasBinary } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectBad, expectClean, imageName } from './world.ts'
import type { World } from './world.ts'

/** What the task commands promise about a container that runs detached. */
export function taskScenarios(world: () => World): void {
  const { good, ctr, feed } = {
    good: (...args: readonly string[]) => world().good(...args),
    ctr: (...args: readonly string[]) => world().ctr(...args),
    feed: (input: string, ...args: readonly string[]) => world().feed(input, ...args),
  }
  const status = async (id: string) => new RegExp(`^${id} +\\d+ +(\\w+)`, 'm').exec(await good('tasks', 'ls'))?.[1]

  describe('tasks', () => {
    beforeAll(async () => {
      await good('run', '-d', imageName, 'd', 'sh', '-c', 'while :; do sleep 0.1; done')
    })
    afterAll(async () => {
      await good('tasks', 'rm', '-f', 'd')
      await good('containers', 'rm', 'd')
      await expectClean(world())
    })

    it('lists a detached container as running', async () => {
      expect(await status('d')).toBe('RUNNING')
      expect(await good('tasks', 'ls', '-q')).toBe('d\n')
    })

    it('runs a process inside, with streams, status, user and directory of its own', async () => {
      const exec = ['tasks', 'exec', '--exec-id', 'e', '--user', 'user', '--cwd', '/tmp', 'd']
      const said = await feed('typed', ...exec, 'sh', '-c', 'id -u; pwd; cat; echo e >&2; exit 3')
      expect(said).toMatchObject({ exitCode: 3, stdout: '1000\n/tmp\ntyped', stderr: 'e\n' })
    })

    it('lets go of a detached exec, lists, kills and deletes it', async () => {
      await good('tasks', 'exec', '-d', '--exec-id', 'bg', 'd', 'sleep', '1000')
      expect(await good('tasks', 'ps', 'd')).toMatch(/exec_id:"bg"/)
      await good('tasks', 'kill', '-s', 'KILL', '--exec-id', 'bg', 'd')
      await eventually(
        'exec is deleted',
        async () => (await ctr('tasks', 'rm', '--exec-id', 'bg', 'd')).exitCode === 137,
      )
    })

    it('refuses an exec without id, and one whose id is taken', async () => {
      await expectBad(world(), /exec id must be provided/, 'tasks', 'exec', 'd', 'true')
      await good('tasks', 'exec', '-d', '--exec-id', 'once', 'd', 'sleep', '1000')
      await expectBad(world(), /already exists/, 'tasks', 'exec', '--exec-id', 'once', 'd', 'true')
      await ctr('tasks', 'rm', '-f', '--exec-id', 'once', 'd')
    })

    it.skipIf(!hasBinary('script').open)('runs a process on a terminal', async () => {
      const exec = "ctr tasks exec -t --exec-id tt d sh -c 'tty; stty size; exit 8'"
      const said = await world().onTerminal(`stty rows 21 cols 43; ${exec}; echo "status $?"`)
      expect(said.stdout.replaceAll('\r', '')).toMatch(/\/dev\/pts\/\d+\n21 43\nstatus 8\n/)
    })

    it.skipIf(!hasBinary('script').open)('attaches a terminal to a container that has one', async () => {
      await good('run', '-d', '-t', imageName, 'console', 'sh', '-c', 'read x; echo "<$x>"; exit 6')
      const said = await world().onTerminal('ctr tasks attach console; echo "status $?"', 'typed\r')
      expect(said.stdout).toContain('<typed>')
      expect(said.stdout).toContain('status 6')
      await good('containers', 'rm', 'console')
    })

    it('pauses and resumes', async () => {
      await good('tasks', 'pause', 'd')
      expect(await status('d')).toBe('PAUSED')
      await good('tasks', 'resume', 'd')
      expect(await status('d')).toBe('RUNNING')
    })

    it('shows metrics as a table and as JSON', async () => {
      expect(await good('tasks', 'metrics', 'd')).toMatch(/^pids\.current +\d+/m)
      expect(JSON.parse(await good('tasks', 'metrics', '--format', 'json', 'd'))).toHaveProperty('memory')
    })

    /** What Go's ctr says last, without the class of its error. */
    const refusalOf = async (...args: readonly string[]) => {
      const { exitCode, stderr } = await world().daemon.ctr(...args)
      expect(exitCode).toBe(1)
      return /^ctr: (.*): failed precondition$/m.exec(stderr)?.[1] ?? `no refusal: ${stderr}`
    }

    it("does not delete what runs, in the words of Go's ctr", async () => {
      await good('tasks', 'exec', '-d', '--exec-id', 'busy', 'd', 'sleep', '1000')
      const [ofTask, ofExec] = [
        ['tasks', 'rm', 'd'],
        ['tasks', 'rm', '--exec-id', 'busy', 'd'],
      ]
      const running = await refusalOf(...ofTask)
      expect(running).toBe('task must be stopped before deletion: running')
      await expectBad(world(), `ctr: d: ${running}`, ...ofTask)
      await expectBad(world(), `ctr: busy: ${await refusalOf(...ofExec)}`, ...ofExec)
      await good('tasks', 'pause', 'd')
      await expectBad(world(), `ctr: d: ${await refusalOf(...ofTask)}`, ...ofTask)
      await good('tasks', 'resume', 'd')
      expect(await ctr('tasks', 'rm', '-f', '--exec-id', 'busy', 'd')).toMatchObject({ exitCode: 137 })
      await expectBad(world(), /cannot delete a non stopped container/, 'containers', 'rm', 'd')
      expect(await status('d')).toBe('RUNNING')
    })

    it('deletes a task that was created and not started only by force', async () => {
      await good('containers', 'create', imageName, 'waiting', 'sleep', '1000')
      await using client = connectContainerd({ address: world().daemon.address })
      const namespace = client.in(parseNamespace('default'))
      const container = await namespace.containers.get('waiting')
      await (await createTask(namespace, container, { io: { kind: 'null' }, detached: true })).detach()
      const created = await refusalOf('tasks', 'rm', 'waiting')
      await expectBad(world(), `ctr: waiting: ${created}`, 'tasks', 'rm', 'waiting')
      expect(await status('waiting')).toBe('CREATED')
      await good('tasks', 'rm', '-f', 'waiting')
      await good('containers', 'rm', 'waiting')
    })

    it('creates, starts with streams and reports the end', async () => {
      await good('containers', 'create', imageName, 'made', 'sh', '-c', 'echo made; exit 4')
      expect(await good('containers', 'ls')).toMatch(
        /^made +localhost\/test\/busybox:latest +io\.containerd\.runc\.v2/m,
      )
      expect(await ctr('tasks', 'start', 'made')).toMatchObject({ exitCode: 4, stdout: 'made\n' })
      await good('containers', 'rm', 'made')
    })

    it('attaches to a detached container and exits with its status', async () => {
      await good('run', '-d', imageName, 'joined', 'sh', '-c', 'read x; echo "got $x"; exit 5')
      expect(await feed('hello\n', 'tasks', 'attach', 'joined')).toMatchObject({ exitCode: 5, stdout: 'got hello\n' })
      await good('containers', 'rm', 'joined')
    })

    it('kills by the stop signal of the image unless told another', async () => {
      await good('run', '-d', imageName, 'stopped', 'sh', '-c', 'trap "exit 6" TERM; while :; do sleep 0.05; done')
      await new Promise((resolve) => setTimeout(resolve, 500))
      await good('tasks', 'kill', 'stopped')
      await eventually('it has ended', async () => (await status('stopped')) === 'STOPPED')
      const deleted = await ctr('tasks', 'rm', 'stopped')
      expect(deleted).toMatchObject({ exitCode: 0 })
      expect(deleted.stderr).toMatch(/exit code 6/)
      await good('containers', 'rm', 'stopped')
    })

    it('names what is not there', async () => {
      await expectBad(world(), /"nobody".*not found/, 'tasks', 'start', 'nobody')
      await expectBad(world(), /nobody.*not found/, 'tasks', 'kill', 'nobody')
      await expectBad(world(), /"nobody".*not found/, 'containers', 'info', 'nobody')
    })

    it('records what it ran', async () => {
      const info = JSON.parse(await good('containers', 'info', 'd')) as Record<string, unknown>
      expect(info).toMatchObject({
        ID: 'd',
        Image: imageName,
        Labels: { 'io.containerd.image.config.stop-signal': 'SIGTERM', maker: 'test' },
        Runtime: { Name: 'io.containerd.runc.v2', Options: { type_url: 'containerd.runc.v1.Options' } },
        SnapshotKey: 'd',
        Snapshotter: 'overlayfs',
      })
    })
  })
}
