// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, isAlive, processes, runCommand, startProcess } from '@containerd-ts/testkit'
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  expectClean,
  good,
  imageName,
  interopGate,
  lines,
  openWorld,
  provesOurs,
  removeContainer,
  row,
  taskStatus,
} from '../world.ts'
import type { World } from '../world.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(!interopGate.open)('restart of our daemon over our shim', provesOurs('Go ctr'), () => {
  let world: World
  let daemon: TestDaemon

  beforeAll(async () => {
    world = await openWorld()
    daemon = world.daemon
    await good(daemon, 'images', 'import', world.archive)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })
  const pidOf = async (id: string): Promise<number> => Number(row(await good(daemon, 'tasks', 'ls'), id)?.[1])
  const runc = async (...args: readonly string[]): Promise<void> => {
    const root = `/run/containerd/runc/${daemon.env['CONTAINERD_NAMESPACE']}`
    const inside = daemon.mounts.enter('runc', ['--root', root, ...args])
    expect(await runCommand(inside.program, inside.args, { env: daemon.env })).toMatchObject({ exitCode: 0 })
  }
  const shimOf = (id: string): number =>
    processes().find(
      ({ command }) =>
        command.includes('containerd-shim') && command.includes(`-id ${id} `) && command.includes(daemon.address),
    )?.pid ?? 0

  it('kill -9 leaves containers running; the next daemon adopts them', async () => {
    await good(daemon, 'run', '-d', imageName, 'steady', 'sleep', '1000')
    const pid = await pidOf('steady')
    await daemon.restart('SIGKILL')
    expect(await pidOf('steady')).toBe(pid)
    expect(await taskStatus(daemon, 'steady')).toBe('RUNNING')
    const said = await daemon.ctr(
      'tasks',
      'exec',
      '--exec-id',
      'x',
      'steady',
      'sh',
      '-c',
      'echo still here; sleep 0.2; exit 3',
    )
    expect(said).toMatchObject({ exitCode: 3, stdout: 'still here\n' })
    await good(daemon, 'tasks', 'pause', 'steady')
    await daemon.restart('SIGKILL')
    expect(await taskStatus(daemon, 'steady')).toBe('PAUSED')
    await good(daemon, 'tasks', 'resume', 'steady')
    expect(row(await good(daemon, 'tasks', 'metrics', 'steady'), 'pids.current')).toEqual(['pids.current', '1'])
    await removeContainer(daemon, 'steady')
    await expectClean(daemon)
  })

  it('knows exits that happened while no daemon ran', async () => {
    await good(
      daemon,
      'run',
      '-d',
      imageName,
      'ends',
      'sh',
      '-c',
      'while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 9',
    )
    await good(daemon, 'tasks', 'exec', '-d', '--exec-id', 'more', 'ends', 'sleep', '1000')
    await daemon.stop('SIGKILL')
    await runc('exec', 'ends', 'touch', '/tmp/end')
    await pause(500)
    await daemon.start()
    expect(await taskStatus(daemon, 'ends')).toBe('STOPPED')
    expect((await daemon.ctr('tasks', 'rm', 'ends')).stderr).toContain('task ends exit with non-zero exit code 9')
    await good(daemon, 'containers', 'rm', 'ends')
    await expectClean(daemon)
  })

  it('tells of an exit after adoption as if nothing had been', async () => {
    await good(daemon, 'run', '-d', imageName, 'later', 'sleep', '1000')
    await daemon.restart('SIGKILL')
    const logPath = world.temp.join('events')
    await using events = await startProcess({ ...daemon.ctrCommand('go', 'events'), env: daemon.env, logPath })
    await pause(500)
    await good(daemon, 'tasks', 'kill', '-s', 'KILL', 'later')
    await eventually('the exit event', () => events.log().includes('/tasks/exit'))
    expect(events.log()).toMatch(/ \/tasks\/exit \{"container_id":"later","id":"later","pid":\d+,"exit_status":137,/)
    await removeContainer(daemon, 'later')
  })

  it('cleans up after a shim that was killed while the daemon ran, and says so', async () => {
    await good(daemon, 'run', '-d', imageName, 'orphan', 'sleep', '1000')
    const logPath = world.temp.join('events-orphan')
    await using events = await startProcess({ ...daemon.ctrCommand('go', 'events'), env: daemon.env, logPath })
    await pause(500)
    const pid = await pidOf('orphan')
    process.kill(shimOf('orphan'), 'SIGKILL')
    await eventually('task gone', async () => (await taskStatus(daemon, 'orphan')) === undefined)
    await eventually('container gone', () => !isAlive(pid))
    await eventually('both events', () => /\/tasks\/exit .*"orphan"[^]*\/tasks\/delete .*"orphan"/.test(events.log()))
    await events.stop()
    await good(daemon, 'containers', 'rm', 'orphan')
    await expectClean(daemon)
  })

  it('cleans up after shims that were killed while no daemon ran', async () => {
    for (const id of ['dead-1', 'dead-2']) await good(daemon, 'run', '-d', imageName, id, 'sleep', '1000')
    const pids = [await pidOf('dead-1'), await pidOf('dead-2')]
    await daemon.stop('SIGKILL')
    for (const id of ['dead-1', 'dead-2']) process.kill(shimOf(id), 'SIGKILL')
    await daemon.start()
    expect(await taskStatus(daemon, 'dead-1')).toBeUndefined()
    await eventually('containers gone', () => pids.every((pid) => !isAlive(pid)))
    await good(daemon, 'containers', 'rm', 'dead-1', 'dead-2')
    await expectClean(daemon)
  })

  it('ends on SIGTERM with its containers left alone', async () => {
    await good(daemon, 'run', '-d', imageName, 'kept', 'sleep', '1000')
    const pid = await pidOf('kept')
    await daemon.stop('SIGTERM')
    expect(daemon.log()).toContain('stopping containerd')
    expect(isAlive(pid)).toBe(true)
    await daemon.start()
    expect(await pidOf('kept')).toBe(pid)
    await removeContainer(daemon, 'kept')
    await expectClean(daemon)
  })

  it.each([150, 300, 500])('leaves no shim that it does not know, killed %i ms into many starts', async (ms) => {
    const starts = Array.from({ length: 5 }, (_, index) =>
      daemon.ctr('run', '-d', imageName, `cut-${index}`, 'sleep', '1000'),
    )
    await pause(ms)
    await daemon.stop('SIGKILL')
    await Promise.all(starts)
    await daemon.start()
    const known = lines(await good(daemon, 'tasks', 'ls', '-q'))
    const shims = daemon.leftovers().filter((line) => line.startsWith('process') && line.includes('containerd-shim'))
    expect(shims).toHaveLength(known.length)
    for (const id of known) await daemon.ctr('tasks', 'rm', '-f', id)
    for (const id of lines(await good(daemon, 'containers', 'ls', '-q'))) await good(daemon, 'containers', 'rm', id)
    // Clients that were cut off leave their leases, and with them what these hold, to expire: a snapshot without its container.
    for (const id of lines(await good(daemon, 'leases', 'ls', '-q'))) await good(daemon, 'leases', 'rm', '--sync', id)
    expect(await daemon.ctr('run', '--rm', imageName, 'cut-0', 'true')).toMatchObject({ exitCode: 0 })
    await expectClean(daemon)
  })

  it('keeps all that it acknowledged', async () => {
    for (let index = 0; index < 20; index++) await good(daemon, 'namespaces', 'create', `n${index}`)
    const last = daemon.ctr('images', 'tag', imageName, 'localhost/test/last:1')
    expect(await last).toMatchObject({ exitCode: 0 })
    await daemon.restart('SIGKILL')
    expect((await good(daemon, 'namespaces', 'ls', '-q')).match(/^n\d+$/gm)).toHaveLength(20)
    expect(await good(daemon, 'images', 'ls', '-q')).toContain('localhost/test/last:1')
    expect(await good(daemon, 'images', 'check', '-q')).toContain(imageName)
  })

  it('mounts nothing and opens nothing twice over many restarts', async () => {
    await good(daemon, 'run', '-d', imageName, 'often', 'sleep', '1000')
    for (let round = 0; round < 3; round++) await daemon.restart('SIGKILL')
    const mounts = daemon.leftovers().filter((line) => line.startsWith('mount'))
    expect(mounts).toHaveLength(1)
    expect(readdirSync(join(daemon.state, 's')).length).toBeLessThanOrEqual(2)
    await removeContainer(daemon, 'often')
    await expectClean(daemon)
  })
})
