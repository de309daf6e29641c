// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  allOf,
  busyboxEntries,
  busyboxRootfs,
  eventually,
  hasBinary,
  hasOwnShim,
  hasPeers,
  layoutArchive,
  makeImage,
  ownBinDir,
  proves,
  requireRoot,
  runCommand,
  startGoDaemon,
  tempRoot,
} from '@containerd-ts/testkit'
import type { CommandResult, GoDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const gate = allOf(requireRoot(), hasBinary('runc'), hasPeers(), hasOwnShim())
const image = 'localhost/test/busybox:latest'

interface World extends AsyncDisposable {
  readonly daemon: GoDaemon
  readonly rootfs: string
  readonly shim: string
}

async function open(): Promise<World> {
  await using undo = new AsyncDisposableStack()
  const shim = join(ownBinDir(), 'containerd-shim-runc-v2')
  const temp = undo.use(await tempRoot('shim-go-'))
  const rootfs = temp.join('rootfs')
  await busyboxRootfs(rootfs)
  const daemon = undo.use(await startGoDaemon({ pathFirst: [dirname(shim)] }))
  const owned = undo.move()
  return { daemon, rootfs, shim, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Runs Go's ctr with a terminal of its own, which script(1) gives it. */
async function onTerminal({ daemon }: World, input: string, ...args: readonly string[]): Promise<CommandResult> {
  const { program, args: inside } = daemon.mounts.enter('ctr', ['--address', daemon.address, ...args])
  const line = [program, ...inside].map((word) => `'${word}'`).join(' ')
  const peers = process.env
  return runCommand('script', ['-qec', line, '/dev/null'], {
    env: { ...peers, PATH: `${pathOf(daemon)}` },
    input,
    timeoutMs: 20_000,
  })
}

const pathOf = (daemon: GoDaemon): string =>
  readFileSync(`/proc/${daemon.pid}/environ`, 'utf8')
    .split('\0')
    .find((each) => each.startsWith('PATH='))
    ?.slice(5) ?? ''

const cell = proves({ client: 'Go ctr', daemon: 'Go', shim: 'ours' })

describe.skipIf(!gate.open)('our shim under the Go daemon, driven by Go ctr', cell, () => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })
  const ctr = (...args: readonly string[]): Promise<CommandResult> =>
    world.daemon.ctrWith({ timeoutMs: 30_000 }, ...args)
  const run = (id: string, ...args: readonly string[]): Promise<CommandResult> =>
    ctr('run', '--rm', '--rootfs', world.rootfs, id, ...args)
  const detached = async (id: string, ...args: readonly string[]): Promise<void> => {
    expect(await ctr('run', '-d', '--rootfs', world.rootfs, id, ...args)).toMatchObject({ exitCode: 0 })
  }
  const status = async (id: string): Promise<string | undefined> =>
    new RegExp(`^${id}\\s+\\d+\\s+(\\w+)`, 'm').exec((await ctr('task', 'ls')).stdout)?.[1]
  const remove = async (id: string): Promise<void> => {
    await ctr('task', 'kill', '-s', 'KILL', id)
    await eventually(`end of ${id}`, async () => (await status(id)) === 'STOPPED')
    expect(await ctr('task', 'rm', id)).toMatchObject({ stderr: expect.not.stringContaining('ctr:') as unknown })
    expect(await ctr('c', 'rm', id)).toMatchObject({ exitCode: 0 })
  }

  it('is the shim that runs', async () => {
    await detached('which', '/bin/sleep', '100')
    expect((await ctr('task', 'ls')).stdout).toContain('RUNNING')
    const shims = (await runCommand('pgrep', ['-f', `${world.shim} -namespace default -id which`])).stdout.trim()
    expect(shims).toMatch(/^\d+$/)
    await remove('which')
  })

  it('runs attached: both outputs and the exit code', async () => {
    expect(await run('a', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7')).toMatchObject({
      exitCode: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  it('runs the same id again and again', async () => {
    for (let i = 0; i < 3; i++) expect(await run('again', '/bin/true')).toMatchObject({ exitCode: 0 })
  })

  it('says what the runtime says of a command that does not exist', async () => {
    expect(await run('nope', '/bin/nope')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no such file or directory') as unknown,
    })
    expect(await run('nope', '/bin/true')).toMatchObject({ exitCode: 0 })
  })

  it('passes input through', async () => {
    const inputs = world.daemon.ctrWith(
      { input: 'a\nb\n', timeoutMs: 20_000 },
      'run',
      '--rm',
      '--rootfs',
      world.rootfs,
      'in',
      '/bin/head',
      '-n',
      '2',
    )
    expect(await inputs).toMatchObject({ exitCode: 0, stdout: 'a\nb\n' })
  })

  it('runs an image from a snapshot', async () => {
    await using temp = await tempRoot('image-')
    await makeImage(temp.path, { name: image, layers: [await busyboxEntries()] })
    const archive = temp.join('image.tar')
    await writeFile(archive, await layoutArchive(temp.path))
    expect(await ctr('image', 'import', archive)).toMatchObject({ exitCode: 0 })
    expect(await ctr('run', '--rm', '--snapshotter', 'native', image, 'img', '/bin/echo', 'from image')).toMatchObject({
      exitCode: 0,
      stdout: 'from image\n',
    })
  })

  it('gives a terminal', async () => {
    const result = await onTerminal(
      world,
      'echo size; stty size; exit 9\n',
      'run',
      '--rm',
      '-t',
      '--rootfs',
      world.rootfs,
      'tty',
      '/bin/sh',
    )
    expect(result.exitCode).toBe(9)
    expect(result.stdout).toMatch(/^size\r*$/m)
  })

  it('executes, lists, measures, pauses, resumes, kills', async () => {
    await detached('long', '/bin/sleep', '1000')
    expect(await ctr('task', 'exec', '--exec-id', 'e', 'long', '/bin/sh', '-c', 'echo in; exit 3')).toMatchObject({
      exitCode: 3,
      stdout: 'in\n',
    })
    expect(
      await onTerminal(world, '', 'task', 'exec', '-t', '--exec-id', 't', 'long', '/bin/sh', '-c', 'tty; exit 2'),
    ).toMatchObject({ exitCode: 2 })
    expect((await ctr('task', 'ps', 'long')).stdout).toMatch(/\d+\s+-/)
    expect((await ctr('task', 'metrics', 'long')).stdout).toContain('memory.usage_in_bytes')
    await ctr('task', 'pause', 'long')
    expect(await status('long')).toBe('PAUSED')
    await ctr('task', 'resume', 'long')
    expect(await status('long')).toBe('RUNNING')
    await remove('long')
  })

  it('outlives the daemon; the next one adopts it and hears of its exit', async () => {
    await detached('kept', '/bin/sleep', '1000')
    await detached('ended', '/bin/sleep', '1')
    await world.daemon.stop('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await world.daemon.start()
    expect(await status('kept')).toBe('RUNNING')
    expect(await status('ended')).toBe('STOPPED')
    expect(await ctr('task', 'exec', '--exec-id', 'after', 'kept', '/bin/echo', 'still')).toMatchObject({
      stdout: 'still\n',
    })
    for (const id of ['kept', 'ended']) await remove(id)
  })

  it('leaves no shim, no mount and no socket behind', async () => {
    await eventually(
      'end of all shims',
      async () => (await runCommand('pgrep', ['-f', `${world.shim} -namespace`])).stdout === '',
    )
    const table = readFileSync(`/proc/${world.daemon.mounts.pid}/mountinfo`, 'utf8')
    expect(table).not.toContain('/rootfs')
    expect(readdirSync(`/proc/${world.daemon.mounts.pid}/root/run/containerd/s`)).toEqual([])
  })
})
