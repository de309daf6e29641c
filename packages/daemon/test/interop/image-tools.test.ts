// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  busyboxEntries,
  goPeers,
  layoutArchive,
  makeImage,
  mustRun,
  sha256,
  startGoDaemon,
  startRegistry,
} from '@containerd-ts/testkit'
import type { ImageLayout, Registry, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectClean, good, imageName, interopGate, lines, openWorld, ownNamespace } from '../world.ts'
import type { World } from '../world.ts'

const layerType = 'application/vnd.oci.image.layer.v1.tar'

describe.skipIf(!interopGate.open)('images between our daemon, skopeo, umoci and the Go daemon', () => {
  let world: World
  let go: TestDaemon
  let registry: Registry
  let both: readonly [TestDaemon, TestDaemon]

  beforeAll(async () => {
    world = await openWorld()
    go = world.use(await startGoDaemon(ownNamespace('theirs')))
    both = [world.daemon, go]
    registry = world.use(await startRegistry())
    for (const daemon of both) await good(daemon, 'images', 'import', world.archive)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  const tool = (name: 'skopeo' | 'umoci', ...args: readonly string[]) =>
    mustRun(name, [...(name === 'skopeo' ? ['--insecure-policy'] : []), ...args], { env: goPeers().env })
  const skopeoCopy = (...args: readonly string[]) => tool('skopeo', 'copy', '--quiet', ...args)

  interface Inspected {
    readonly Digest: string
    readonly Layers: readonly string[]
  }
  const inspect = async (...args: readonly string[]): Promise<Inspected> =>
    JSON.parse((await tool('skopeo', 'inspect', ...args)).stdout) as Inspected

  async function extracted(archive: string): Promise<string> {
    const dir = `${archive}.d`
    await mkdir(dir)
    await mustRun('tar', ['-C', dir, '-xf', archive])
    return dir
  }

  /** The manifest's digest under which both daemons keep an image of this name. */
  async function targetsOf(name: string): Promise<readonly (string | undefined)[]> {
    const listed = await Promise.all(both.map((daemon) => good(daemon, 'images', 'ls', `name==${name}`)))
    return listed.map((table) => /sha256:[0-9a-f]{64}/.exec(table)?.[0])
  }

  /** Committed snapshots of both daemons: they are named after chain IDs. */
  const snapshotsOf = (namespace: string) =>
    Promise.all(
      both.map(async (daemon) =>
        lines(await good(daemon, '-n', namespace, 'snapshots', 'ls'))
          .slice(1)
          .map((line) => line.split(/\s+/).slice(0, 2).join(' '))
          .toSorted(),
      ),
    )

  const chainIds = (diffIds: readonly string[]): readonly string[] => {
    const chain: string[] = []
    for (const diffId of diffIds)
      chain.push(chain.length === 0 ? diffId : sha256(Buffer.from(`${chain.at(-1)} ${diffId}`)))
    return chain
  }

  it('what ctr exports, ours and Go’s, skopeo reads and umoci unpacks', async () => {
    for (const which of ['ours', 'go'] as const) {
      const archive = world.temp.join(`exported-${which}.tar`)
      const { program, args } = world.daemon.ctrCommand(which, 'images', 'export', archive, imageName)
      await mustRun(program, args, { env: world.daemon.env })
      const seen = await inspect(`oci-archive:${archive}:latest`)
      expect(seen).toMatchObject({
        Digest: world.image.manifest.digest,
        Layers: world.image.layers.map(({ digest }) => digest),
      })
      expect((await inspect(`docker-archive:${archive}:${imageName}`)).Layers).toHaveLength(1)
      const bundle = world.temp.join(`bundle-${which}`)
      await tool('umoci', 'unpack', '--image', `${await extracted(archive)}:latest`, bundle)
      expect(await readFile(join(bundle, 'rootfs/etc/group'), 'utf8')).toContain('nogroup:x:65534:')
    }
  })

  it('what one daemon exports the other imports, under the same digest', async () => {
    for (const [from, to, name] of [
      [world.daemon, go, 'from-ours'],
      [go, world.daemon, 'from-go'],
    ] as const) {
      const archive = world.temp.join(`${name}.tar`)
      await good(from, 'images', 'export', archive, imageName)
      await good(to, '-n', name, 'images', 'import', archive)
      expect(await good(to, '-n', name, 'images', 'ls')).toContain(world.image.manifest.digest)
      expect(await good(to, '-n', name, 'content', 'ls', '-q')).toBe(await good(to, 'content', 'ls', '-q'))
    }
  })

  it('a layer that our daemon makes of a changed snapshot says the same to umoci and to the Go daemon', async () => {
    const { daemon } = world
    const base = world.image.layers[0]?.diffId ?? ''
    const script = 'rm /etc/group; echo new > /etc/new; rm -r /var; mkdir /var; echo v > /var/v; ln -s new /etc/link'
    await good(daemon, 'run', imageName, 'changed', 'sh', '-c', script)
    const layer = (await daemon.ctr('snapshots', 'diff', '--media-type', layerType, base, 'changed')).stdoutBytes
    await good(daemon, 'containers', 'rm', 'changed')
    const image = await makeImage(world.temp.join('changed'), {
      layers: [await busyboxEntries(), layer],
      name: 'localhost/test/changed:1',
    })
    const archive = world.temp.join('changed.tar')
    await writeFile(archive, await layoutArchive(image.dir))
    const look = 'cat /etc/new /etc/link /var/v; ls /etc /var'
    const words = 'new\nnew\nv\n/etc:\nlink\nnew\npasswd\n\n/var:\nv\n'
    for (const each of both) {
      await good(each, '-n', 'changed', 'images', 'import', archive)
      const run = ['run', '--rm', 'localhost/test/changed:1', 'look', 'sh', '-c', look]
      expect(await good(each, '-n', 'changed', ...run)).toBe(words)
    }
    const [lower = '', upper = ''] = chainIds(image.layers.map(({ diffId }) => diffId))
    expect(await snapshotsOf('changed')).toEqual([
      [`${lower} Committed`, `${upper} ${lower}`].toSorted(),
      [`${lower} Committed`, `${upper} ${lower}`].toSorted(),
    ])
    const bundle = world.temp.join('bundle-changed')
    await tool('umoci', 'unpack', '--image', `${image.dir}:1`, bundle)
    const rootfs = join(bundle, 'rootfs')
    expect((await mustRun('sh', ['-c', 'cat etc/new etc/link var/v; ls etc var'], { cwd: rootfs })).stdout).toBe(
      words.replaceAll('/etc:', 'etc:').replaceAll('/var:', 'var:'),
    )
  })

  it('what umoci makes, both daemons import, unpack and run alike', async () => {
    const layout = world.temp.join('umoci')
    await cp(world.image.dir, layout, { recursive: true })
    await writeFile(world.temp.join('inserted'), 'by umoci\n')
    await tool('umoci', 'insert', '--image', `${layout}:latest`, world.temp.join('inserted'), '/etc/inserted')
    await tool('umoci', 'insert', '--image', `${layout}:latest`, '--whiteout', '/etc/group')
    await tool('umoci', 'config', '--image', `${layout}:latest`, '--config.env', 'MADE=umoci')
    const bundle = world.temp.join('bundle-umoci')
    await tool('umoci', 'unpack', '--image', `${layout}:latest`, bundle)
    await writeFile(join(bundle, 'rootfs/etc/repacked'), 'repacked\n')
    await tool('umoci', 'repack', '--image', `${layout}:latest`, bundle)
    await tool('umoci', 'gc', '--layout', layout)
    const archive = world.temp.join('umoci.tar')
    await mustRun('tar', ['-C', layout, '-cf', archive, '.'])
    const script = 'cat /etc/inserted /etc/repacked; echo $MADE; ls /etc'
    const { Digest } = await inspect(`oci:${layout}:latest`)
    for (const daemon of both) {
      await good(daemon, '-n', 'umoci', 'images', 'import', '--base-name', 'localhost/umoci', archive)
      expect(await good(daemon, '-n', 'umoci', 'images', 'ls')).toContain(Digest)
      const [name = ''] = lines(await good(daemon, '-n', 'umoci', 'images', 'ls', '-q'))
      const run = ['run', '--rm', name, 'made', 'sh', '-c', script]
      expect(await good(daemon, '-n', 'umoci', ...run)).toBe('by umoci\nrepacked\numoci\ninserted\npasswd\nrepacked\n')
    }
    const [ours, theirs] = await snapshotsOf('umoci')
    expect(ours).toEqual(theirs)
    expect(ours).toHaveLength(4)
  })

  it.each(['oci-archive', 'docker-archive'])('what skopeo copies to a %s, both daemons import alike', async (form) => {
    const archive = world.temp.join(`${form}.tar`)
    await skopeoCopy(`oci:${world.image.dir}:latest`, `${form}:${archive}:${imageName}`)
    for (const daemon of both) await good(daemon, '-n', form, 'images', 'import', archive)
    const [ours, theirs] = await Promise.all(both.map(async (daemon) => good(daemon, '-n', form, 'images', 'ls', '-q')))
    expect(ours).toBe(theirs)
    // What only the archive's own index held goes with the collector.
    for (const daemon of both) {
      await good(daemon, '-n', form, 'leases', 'create', '--id', 'collect')
      await good(daemon, '-n', form, 'leases', 'rm', '--sync', 'collect')
    }
    const blobs = await Promise.all(both.map((daemon) => good(daemon, '-n', form, 'content', 'ls', '-q')))
    expect(lines(blobs[0] ?? '').toSorted()).toEqual(lines(blobs[1] ?? '').toSorted())
    expect(await snapshotsOf(form)).toEqual(
      both.map(() => world.image.layers.map(({ diffId }) => `${diffId} Committed`)),
    )
    const said = await world.daemon.ourCtr('-n', `own-${form}`, 'images', 'import', archive)
    expect(said.exitCode, said.stderr).toBe(0)
    expect((await world.daemon.ctr('-n', `own-${form}`, 'images', 'ls', '-q')).stdout).toBe(ours)
  })

  it('what our ctr pushes, skopeo copies; what skopeo pushes, our ctr pulls', async () => {
    const pushed = `${registry.host}/test/pushed:1`
    const copied = `${registry.host}/test/copied:1`
    const own = async (...args: readonly string[]) => {
      const said = await world.daemon.ourCtr(...args)
      expect(said.exitCode, `${said.command}: ${said.stderr}`).toBe(0)
    }
    await own('images', 'push', '--plain-http', pushed, imageName)
    expect(await inspect('--tls-verify=false', `docker://${pushed}`)).toMatchObject({
      Digest: world.image.manifest.digest,
    })
    await skopeoCopy('--src-tls-verify=false', '--dest-tls-verify=false', `docker://${pushed}`, `docker://${copied}`)
    await own('images', 'pull', '--plain-http', copied)
    await good(go, 'images', 'pull', '--plain-http', copied)
    expect(await targetsOf(copied)).toEqual(both.map(() => world.image.manifest.digest))
    await skopeoCopy('--src-tls-verify=false', `docker://${copied}`, `oci:${world.temp.join('back')}:1`)
    await tool('umoci', 'unpack', '--image', `${world.temp.join('back')}:1`, world.temp.join('bundle-back'))
  })

  it.each(['gzip', 'zstd', 'none'] as const)(
    'digests, diff IDs and chain IDs of an image of three layers agree: %s',
    async (compression) => {
      const name = `localhost/test/three-${compression}:1`
      const image: ImageLayout = await makeImage(world.temp.join(`three-${compression}`), {
        layers: [[{ name: 'a', data: 'a' }], [{ name: 'b', data: 'b' }], [{ name: '.wh.a' }, { name: 'c', data: 'c' }]],
        compression,
        name,
      })
      const archive = world.temp.join(`three-${compression}.tar`)
      await writeFile(archive, await layoutArchive(image.dir))
      const namespace = `three-${compression}`
      for (const daemon of both) await good(daemon, '-n', namespace, 'images', 'import', archive)
      const chain = chainIds(image.layers.map(({ diffId }) => diffId))
      const expected = chain.map((id, at) => `${id} ${chain[at - 1] ?? 'Committed'}`).toSorted()
      expect(await snapshotsOf(namespace)).toEqual([expected, expected])
      expect(await inspect(`oci:${image.dir}:1`)).toMatchObject({
        Digest: image.manifest.digest,
        Layers: image.layers.map(({ digest }) => digest),
      })
    },
  )

  it('leaves nothing behind but images', async () => {
    await expectClean(world.daemon)
  })
})
