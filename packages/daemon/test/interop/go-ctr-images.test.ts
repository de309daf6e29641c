// SPDX-License-Identifier: Apache-2.0
import { mustRun, startGoDaemon, startRegistry } from '@containerd-ts/testkit'
import type { Registry, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameWords } from '../side-by-side.ts'
import { bad, expectClean, good, imageName, interopGate, openWorld, ownNamespace, provesGoCtr } from '../world.ts'
import type { World } from '../world.ts'

describe.skipIf(!interopGate.open)('images with Go ctr, beside the Go daemon', provesGoCtr, () => {
  let world: World
  let both: readonly [TestDaemon, TestDaemon]
  let registry: Registry
  let ref: string
  const expectSameIn = (order: 'together' | 'in turn', script: readonly string[]) =>
    expectSameWords(
      both,
      script.map((line) => line.split(' ')),
      { [registry.host]: 'REGISTRY' },
      order,
    )
  const expectSame = (...script: readonly string[]) => expectSameIn('together', script)

  beforeAll(async () => {
    world = await openWorld()
    both = [world.daemon, world.use(await startGoDaemon(ownNamespace('theirs')))]
    registry = world.use(await startRegistry())
    ref = await registry.push(world.image, 'library/busybox', 'latest')
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it('imports an archive and unpacks it', async () => {
    await expectSame(`images import ${world.archive}`, 'images ls', 'images ls -q', 'images check', 'snapshots ls')
  })

  it('pulls from a registry over plain HTTP', async () => {
    await expectSame(
      `images pull --plain-http ${ref}`,
      'images ls',
      'images check',
      `images check name==${ref}`,
      'content ls -q',
    )
  })

  it('pulls without unpacking and unpacks later', async () => {
    await expectSame(
      `-n fetched content fetch --plain-http ${ref}`,
      '-n fetched images check',
      '-n fetched snapshots ls',
      `-n fetched snapshots unpack ${world.image.manifest.digest}`,
      '-n fetched images check',
      '-n fetched snapshots tree',
    )
  })

  it('tags, refuses to tag twice, tags by force', async () => {
    const tag = `images tag ${ref} localhost/test/tagged:1`
    await expectSame(
      tag,
      tag,
      tag.replace('tag ', 'tag --force '),
      'images ls',
      'images tag nosuch localhost/test/tagged:2',
    )
  })

  it('labels an image', async () => {
    await expectSame(
      `images label ${ref} one=1 two=2`,
      `images label ${ref} one=`,
      `images ls labels.two==2`,
      `images label nosuch one=1`,
    )
  })

  it('pushes, and pulls what it pushed', async () => {
    const pushed = `${registry.host}/test/pushed:v1`
    // The registry answers two who upload one blob at a time with an internal error.
    await expectSameIn('in turn', [
      `images push --plain-http ${pushed} ${ref}`,
      `images rm ${ref}`,
      `images pull --plain-http ${pushed}`,
      `images push --plain-http ${pushed} nosuch`,
      'images ls',
    ])
    await expectSame(`images pull --plain-http ${ref}`)
  })

  it('removes at once with --sync, and warns of what is not there', async () => {
    await expectSame('images rm nosuch', 'images rm --sync localhost/test/tagged:1 nosuch', 'images ls -q')
  })

  it('deletes content and snapshots that the last image held', async () => {
    await expectSame(
      `-n doomed images import ${world.archive}`,
      `-n doomed images rm --sync ${imageName}`,
      '-n doomed content ls -q',
      '-n doomed snapshots ls',
      'namespaces rm doomed',
    )
  })

  it('mounts an image', async () => {
    const targets = [world.temp.join('mnt-ours'), world.temp.join('mnt-go')]
    for (const [index, daemon] of both.entries()) {
      const target = targets[index] ?? ''
      const inside = daemon.mounts.enter('mkdir', ['-p', target])
      await mustRun(inside.program, inside.args)
      expect((await good(daemon, 'images', 'mount', imageName, target)).trim().split('\n').at(-1)).toBe(target)
      await good(daemon, 'images', 'unmount', '--rm', target)
    }
  })

  it('exports an archive that the Go daemon imports', async () => {
    const exported = world.temp.join('exported.tar')
    await good(world.daemon, 'images', 'export', exported, imageName)
    await good(both[1], '-n', 'exported', 'images', 'import', exported)
    await good(world.daemon, '-n', 'exported', 'images', 'import', exported)
    await expectSame('-n exported images ls', '-n exported images check', 'images export /dev/null nosuch')
  })

  it('says of a short name and of an unknown one what is wrong', async () => {
    await expectSame('images pull busybox', `images pull --plain-http ${registry.host}/nope/nothing:1`)
    await bad(
      world.daemon,
      /nope\/nothing:1: not found/,
      'images',
      'pull',
      '--plain-http',
      `${registry.host}/nope/nothing:1`,
    )
  })

  it('leaves nothing behind but images', async () => {
    await expectClean(world.daemon)
  })
})
