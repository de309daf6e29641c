// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ownProgram, runCommand, startDaemon, startGoDaemon, tempRoot } from '@containerd-ts/testkit'
import type { CommandResult, TempRoot, TestDaemon } from '@containerd-ts/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { good, imageName, interopGate, openWorld, ownNamespace } from '../world.ts'

const { program, args } = ownProgram('containerd')
const containerd = (...flags: readonly string[]): Promise<CommandResult> =>
  runCommand(program, [...args, ...flags], { timeoutMs: 20_000 })

describe.skipIf(!interopGate.open)('start-up of our daemon', () => {
  let temp: TempRoot
  beforeEach(async () => {
    temp = await tempRoot('ctd-start-')
  })
  afterEach(async () => {
    await temp[Symbol.asyncDispose]()
  })
  const dirs = (): readonly string[] => [
    '--root',
    temp.join('root'),
    '--state',
    temp.join('state'),
    '--address',
    temp.join('c.sock'),
  ]
  const withConfig = async (text: string): Promise<CommandResult> => {
    await writeFile(temp.join('config.toml'), text)
    return containerd('--config', temp.join('config.toml'), ...dirs())
  }

  it.each([
    ['is no TOML', 'version = = 3\n', /config\.toml/],
    ['has a version of the future', 'version = 99\n', /version.*99|99.*version/],
    ['has a value of the wrong type', 'version = 3\nroot = 7\n', /root/],
    [
      'requires a plugin that is not there',
      'version = 3\nrequired_plugins = ["io.containerd.nosuch.v1.x"]\n',
      /io\.containerd\.nosuch\.v1\.x/,
    ],
  ])('refuses a config.toml that %s, and leaves nothing', async (_, text, words) => {
    const said = await withConfig(text)
    expect(said).toMatchObject({
      exitCode: 1,
      timedOut: false,
      stderr: expect.stringMatching(/^(time=.*\n)*containerd: /) as unknown,
    })
    expect(said.stderr.split('\n').find((line) => line.startsWith('containerd: '))).toMatch(words)
    expect(readdirSync(temp.path)).not.toContain('c.sock')
  })

  it('refuses a config.toml that was named and is not there', async () => {
    const path = temp.join('nosuch.toml')
    expect(await containerd('--config', path, ...dirs())).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(path) as unknown,
    })
  })

  it('refuses a root that is the state, and unknown flags and commands', async () => {
    const same = temp.join('same')
    expect(await containerd('--root', same, '--state', same)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('"root" and "state" must be different') as unknown,
    })
    expect((await containerd('--nosuch')).exitCode).toBe(1)
    expect((await containerd('nosuch')).exitCode).toBe(3)
  })

  it('refuses the root of a running daemon, naming its process, and leaves that one alone', async () => {
    await using daemon = await startDaemon(ownNamespace('ours'))
    const second = await containerd(
      '--root',
      daemon.root,
      '--state',
      temp.join('state'),
      '--address',
      temp.join('c.sock'),
    )
    expect(second).toMatchObject({ exitCode: 1, timedOut: false })
    expect(second.stderr).toContain(`containerd: ${daemon.root} is in use by process ${daemon.pid}`)
    expect(await daemon.ctr('version')).toMatchObject({ exitCode: 0 })
  })

  it('refuses the root of a Go daemon, which keeps all it had; and the Go daemon collects nothing in ours', async () => {
    await using world = await openWorld()
    const go = world.use(await startGoDaemon(ownNamespace('theirs')))
    await good(go, 'images', 'import', world.archive)
    await go.stop()
    const refused = await containerd('--root', go.root, '--state', temp.join('state'), '--address', temp.join('c.sock'))
    expect(refused).toMatchObject({ exitCode: 1, timedOut: false })
    expect(refused.stderr).toContain(`root ${go.root} belongs to a Go containerd`)
    await go.start()
    expect(await good(go, 'images', 'check', '-q')).toContain(imageName)

    await good(world.daemon, 'images', 'import', world.archive)
    await world.daemon.stop()
    const blobs = treeOf(join(world.daemon.root, 'io.containerd.content.v1.content', 'blobs'))
    const intruder = await startGoDaemon({ root: world.daemon.root })
    await intruder.ctr('leases', 'create')
    await intruder[Symbol.asyncDispose]()
    expect(treeOf(join(world.daemon.root, 'io.containerd.content.v1.content', 'blobs'))).toEqual(blobs)
    await world.daemon.start()
    expect(await good(world.daemon, 'images', 'check', '-q')).toContain(imageName)
  })
})

describe.skipIf(!interopGate.open)('sockets, files and directories', () => {
  it('have the names, owners and modes of the Go daemon', async () => {
    await using world = await openWorld({ logLevel: 'info' })
    const go = world.use(await startGoDaemon({ ...ownNamespace('theirs'), config: '' }))
    const found: Map<string, string>[] = []
    for (const daemon of [world.daemon, go]) {
      await good(daemon, 'images', 'import', world.archive)
      await good(daemon, 'run', '-d', imageName, 'looked-at', 'sleep', '1000')
      found.push(filesOf(daemon))
      await daemon.ctr('tasks', 'rm', '-f', 'looked-at')
      await good(daemon, 'containers', 'rm', 'looked-at')
    }
    const [ours = new Map<string, string>(), theirs = new Map<string, string>()] = found
    const missing = [...theirs.keys()].filter((path) => !ours.has(path) && !notOurs.test(path))
    expect(missing).toEqual([])
    const shared = [...theirs].filter(([path]) => ours.has(path) && !otherwise.test(path))
    expect(shared.length).toBeGreaterThan(25)
    expect(Object.fromEntries(shared.map(([path]) => [path, ours.get(path)]))).toEqual(Object.fromEntries(shared))
    expect(['root', 'state', 'shims'].map((path) => ours.get(path))).toEqual(['40700 0:0', '40711 0:0', '40700 0:0'])
  })

  it('hold the same bytes where other tools read them', async () => {
    await using world = await openWorld()
    await good(world.daemon, 'images', 'import', world.archive)
    const path = join(world.daemon.root, 'io.containerd.content.v1.content/blobs/sha256')
    expect(readdirSync(path).length).toBeGreaterThanOrEqual(3)
    for (const name of readdirSync(path))
      expect(
        createHash('sha256')
          .update(readFileSync(join(path, name)))
          .digest('hex'),
      ).toBe(name)
  })
})

/** Metadata is each daemon's own; Go's daemon also keeps runtime v1 and plugins that 2.x has not. */
const notOurs =
  /metadata\.v1\.bolt|metadata\.db$|runtime\.v1\.linux|\/log\.json$|snapshotter\.v1\.(btrfs|blockfile|zfs|devmapper|erofs)|\/address$|options\.json$/
/**
 * 2.x differs from 1.6 in the modes of state and of the directory of shim sockets; and where Go keeps its database,
 * a plain file of ours stands guard.
 */
const otherwise = /^root$|^state$|^shims$|metadata\.v1\.bolt$/

function filesOf(daemon: TestDaemon): Map<string, string> {
  const run = `/proc/${daemon.mounts.pid}/root`
  const found = new Map<string, string>()
  const name = (path: string): string =>
    path
      .replaceAll(/(ours|theirs)-\d+/g, 'NAMESPACE')
      .replaceAll(/snapshots\/\d+/g, 'snapshots/N')
      .replaceAll(/\/[0-9a-f]{64}$/g, '/HASH')
      .replace(/^run\/fifo\/\d+/, 'run/fifo/N')
      // Ours keeps the sockets of its shims with its state.
      .replace(/^(run|state)\/s\b/, 'shims')
  for (const [label, dir] of [
    ['root', daemon.root],
    ['state', daemon.state],
    ['run', '/run/containerd'],
  ] as const) {
    for (const path of [dir, ...treeOf(`${run}${dir}`).map((each) => join(dir, each))]) {
      if (/\/(rootfs|fs)\/./.test(path)) continue
      const { mode, uid, gid } = lstatSync(`${run}${path}`)
      found.set(name(join(label, relative(dir, path))), `${mode.toString(8)} ${uid}:${gid}`)
    }
  }
  for (const suffix of ['', '.ttrpc']) {
    const { mode, uid, gid } = lstatSync(`${daemon.address}${suffix}`)
    found.set(`address${suffix}`, `${mode.toString(8)} ${uid}:${gid}`)
  }
  return found
}

const treeOf = (dir: string): readonly string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted()
