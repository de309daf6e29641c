// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { eventually, goPeers, processes, proves, runCommand } from '@containerd-ts/testkit'
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectClean, good, imageName, interopGate, openWorld, removeContainer, taskStatus } from '../world.ts'
import type { World } from '../world.ts'

const cell = proves({ client: 'Go ctr', daemon: 'ours', shim: 'Go' })

describe.skipIf(!interopGate.open)('the Go shim under our daemon', cell, () => {
  let world: World
  let daemon: TestDaemon

  beforeAll(async () => {
    world = await openWorld({ shim: 'go' })
    daemon = world.daemon
    await good(daemon, 'images', 'import', world.archive)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })
  const exec = (id: string, ...args: readonly string[]) => daemon.ctr('tasks', 'exec', '--exec-id', id, 'long', ...args)

  it('is the shim that runs', async () => {
    await good(daemon, 'run', '-d', imageName, 'which', 'sleep', '1000')
    const program = join(goPeers().binDir, 'containerd-shim-runc-v2')
    expect(
      processes().filter(
        ({ command }) => command.startsWith(`${program} -namespace`) && command.includes('-id which '),
      ),
    ).toHaveLength(1)
    await removeContainer(daemon, 'which')
  })

  it('runs, prints and gives exit codes', async () => {
    const said = await daemon.ctr(
      'run',
      '--rm',
      imageName,
      'short',
      'sh',
      '-c',
      'echo out; echo err >&2; sleep 0.2; exit 7',
    )
    expect(said).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
    const missing = await daemon.ctr('run', '--rm', imageName, 'missing', '/nosuch')
    expect(missing).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('"/nosuch": stat /nosuch: no such file or directory') as unknown,
    })
    await expectClean(daemon)
  })

  it('keeps its container when the daemon is killed, and is adopted by the next', async () => {
    await good(daemon, 'run', '-d', imageName, 'long', 'sleep', '1000')
    await good(
      daemon,
      'run',
      '-d',
      imageName,
      'ending',
      'sh',
      '-c',
      'while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 9',
    )
    await daemon.stop('SIGKILL')
    const inside = daemon.mounts.enter('runc', [
      '--root',
      `/run/containerd/runc/${daemon.env['CONTAINERD_NAMESPACE']}`,
      'exec',
      'ending',
      'touch',
      '/tmp/end',
    ])
    expect(await runCommand(inside.program, inside.args, { env: daemon.env })).toMatchObject({ exitCode: 0 })
    await new Promise((resolve) => setTimeout(resolve, 500))
    await daemon.start()
    expect(await taskStatus(daemon, 'long')).toBe('RUNNING')
    expect(await taskStatus(daemon, 'ending')).toBe('STOPPED')
    expect(await exec('after', 'sh', '-c', 'echo adopted; sleep 0.2; exit 4')).toMatchObject({
      exitCode: 4,
      stdout: 'adopted\n',
    })
    expect((await daemon.ctr('tasks', 'rm', 'ending')).stderr).toContain('task ending exit with non-zero exit code 9')
    await good(daemon, 'containers', 'rm', 'ending')
    await removeContainer(daemon, 'long')
    await expectClean(daemon)
  })

  it('is cleaned up after when it is killed', async () => {
    await good(daemon, 'run', '-d', imageName, 'long', 'sleep', '1000')
    const shim = processes().find(({ command }) => command.includes('-id long ') && command.includes('containerd-shim'))
    process.kill(shim?.pid ?? 0, 'SIGKILL')
    await eventually('task gone', async () => (await taskStatus(daemon, 'long')) === undefined)
    await good(daemon, 'containers', 'rm', 'long')
    await expectClean(daemon)
  })
})
