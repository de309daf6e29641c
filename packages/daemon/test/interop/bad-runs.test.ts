// SPDX-License-Identifier: Apache-2.0
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  expectClean,
  good,
  imageName,
  interopGate,
  lines,
  openWorld,
  provesOurs,
  removeContainer,
  taskStatus,
} from '../world.ts'
import type { World } from '../world.ts'

for (const which of ['ours', 'go'] as const) {
  const client = which === 'ours' ? 'our ctr' : 'Go ctr'
  describe.skipIf(!interopGate.open)(`commands that cannot be obeyed, from ${client}`, provesOurs(client), () => {
    refusals(which)
  })
}

function refusals(which: 'ours' | 'go'): void {
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
  afterEach(() => expectClean(daemon))

  /** Status 1, nothing on standard output, and an error that names the thing. */
  async function expectRefused(message: RegExp, ...args: readonly string[]): Promise<void> {
    const said = which === 'go' ? await daemon.ctr(...args) : await daemon.ourCtr(...args)
    expect(said, said.command).toMatchObject({ exitCode: 1, stdout: '' })
    expect(said.stderr).toMatch(message)
  }
  const run = ['run', '--rm'] as const

  it('an image that is not there, a full name or a short one', async () => {
    await expectRefused(/localhost\/no\/such:1.*not found/, ...run, 'localhost/no/such:1', 'x', 'true')
    await expectRefused(/busybox.*not found/s, ...run, 'busybox', 'x', 'true')
  })

  it('a command that the image does not have, attached and detached, with a path and without', async () => {
    await expectRefused(/\/nosuch.*no such file or directory/, ...run, imageName, 'x', '/nosuch')
    await expectRefused(/nosuch.*executable file not found/, ...run, imageName, 'x', 'nosuch')
    await expectRefused(/\/etc\/passwd.*permission denied/, ...run, imageName, 'x', '/etc/passwd')
  })

  it('names that are taken: of a container, a process, an image, a namespace, a snapshot, a lease', async () => {
    await good(daemon, 'run', '-d', imageName, 'taken', 'sleep', '1000')
    for (const detach of [[], ['-d']])
      await expectRefused(/taken.*already exists/, 'run', ...detach, imageName, 'taken', 'true')
    await expectRefused(/taken.*already exists/, 'containers', 'create', imageName, 'taken', 'true')
    await expectRefused(/taken.*already exists/, 'tasks', 'start', 'taken')
    await good(daemon, 'tasks', 'exec', '-d', '--exec-id', 'one', 'taken', 'sleep', '1000')
    await expectRefused(/one.*already exists/, 'tasks', 'exec', '--exec-id', 'one', 'taken', 'true')
    expect(await taskStatus(daemon, 'taken')).toBe('RUNNING')
    expect(lines(await good(daemon, 'containers', 'ls', '-q'))).toEqual(['taken'])
    await expectRefused(/already exists/, 'images', 'tag', imageName, imageName)
    await expectRefused(/taken.*already exists/, 'snapshots', 'prepare', 'taken')
    await good(daemon, 'leases', 'create', '--id', 'held')
    await expectRefused(/held.*already exists/, 'leases', 'create', '--id', 'held')
    await good(daemon, 'leases', 'rm', '--sync', 'held')
    const own = daemon.env['CONTAINERD_NAMESPACE'] ?? ''
    await expectRefused(new RegExp(`${own}.*already exists`), 'namespaces', 'create', own)
    await removeContainer(daemon, 'taken')
  })

  it('the deletion of a task that runs, and of a container that has one', async () => {
    await good(daemon, 'run', '-d', imageName, 'busy', 'sleep', '1000')
    const deleted =
      which === 'go' ? await daemon.ctr('tasks', 'rm', 'busy') : await daemon.ourCtr('tasks', 'rm', 'busy')
    expect(deleted).toMatchObject({ exitCode: 1, stdout: '' })
    expect(deleted.stderr).toMatch(/busy|failed precondition|must be stopped/)
    await expectRefused(/busy/, 'containers', 'rm', 'busy')
    expect(await taskStatus(daemon, 'busy')).toBe('RUNNING')
    await removeContainer(daemon, 'busy')
  })

  it('names that are no names', async () => {
    await expectRefused(/bad\/id.*must match.*invalid argument/, ...run, imageName, 'bad/id', 'true')
    await expectRefused(/bad\/name.*must match.*invalid argument/, '-n', 'bad/name', 'images', 'ls')
    await expectRefused(/snapshotter.*nosuch/, ...run, '--snapshotter', 'nosuch', imageName, 'x', 'true')
    await expectRefused(
      /io\.containerd\.nosuch\.v2/,
      ...run,
      '--runtime',
      'io.containerd.nosuch.v2',
      imageName,
      'x',
      'true',
    )
  })
}
