// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, readlink, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Mount } from '@containerd-ts/core'
import { Code, errnoOf } from '@containerd-ts/errdefs'
import { KernelMounter } from '@containerd-ts/mount'
import { LoopHandler } from '@containerd-ts/mount-manager'
import { allOf, gate, hasBinary, mustRun, requireRoot, tempRoot } from '@containerd-ts/testkit'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mountsIn, openMountWorld } from '../mount-world.ts'

const open = allOf(
  requireRoot(),
  hasBinary('losetup'),
  hasBinary('mkfs.ext4'),
  gate(existsSync('/dev/loop-control'), 'needs loop devices'),
)

async function backing(device: string): Promise<string | undefined> {
  try {
    return (await readFile(`/sys/block/${basename(device)}/loop/backing_file`, 'utf8')).trim()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const image = (source: string, options: readonly string[] = []): Mount => ({
  type: 'mkfs/loop',
  source,
  options: ['X-containerd.mkfs.size=4MiB', ...options],
})
const ext4: Mount = { type: 'format/ext4', source: '{{ mount 0 }}', options: [] }

describe.skipIf(!open.open)('loop devices', () => {
  it('show a file that is made with its file system, to be mounted by the caller', async () => {
    await using world = await openMountWorld()
    const file = world.temp.join('disk.img')
    const uuid = '550e8400-e29b-41d4-a716-446655440000'
    const done = await world.manager.activate('a', [image(file, [`X-containerd.mkfs.uuid=${uuid}`]), ext4])
    const [active] = done.active
    const device = active?.data['device'] ?? ''
    expect(await backing(device)).toBe(file)
    expect(done.system).toEqual([{ type: 'ext4', source: active?.mountPoint, options: [] }])
    expect(await readlink(active?.mountPoint ?? '')).toBe(device)
    const { stdout } = await mustRun('blkid', ['-o', 'value', '-s', 'UUID', file])
    expect(stdout.trim()).toBe(uuid)
    {
      const mounter = new KernelMounter({ tempRoot: world.temp.join('tmp') })
      await using mounted = await mounter.mountTemp(done.system)
      await writeFile(join(mounted.path, 'kept'), 'x')
    }
    await world.manager.deactivate('a')
    expect(await backing(device)).toBeUndefined()
    expect(await readdir(world.targetRoot)).toEqual([])

    const again = await world.manager.activate('b', [image(file), ext4], { temporary: true })
    expect(mountsIn(world.targetRoot)).toEqual(['2/1 (ext4)'])
    expect(await readFile(join(again.active[1]?.mountPoint ?? '', 'kept'), 'utf8')).toBe('x')
    await world.manager.deactivate('b')
    expect(await backing(again.active[0]?.data['device'] ?? '')).toBeUndefined()
    expect((await stat(file)).size).toBe(4 * 2 ** 20)
    expect((await readdir(world.temp.path)).filter((name) => name.includes('mkfs-'))).toEqual([])
  })

  it('are attached one beside the other', async () => {
    await using world = await openMountWorld()
    const names = ['a', 'b', 'c']
    const all = await Promise.all(
      names.map((name) => world.manager.activate(name, [image(world.temp.join(`${name}.img`))])),
    )
    const devices = all.map(({ active }) => active[0]?.data['device'] ?? '')
    expect(new Set(devices).size).toBe(3)
    expect(await Promise.all(devices.map(backing))).toEqual(names.map((name) => world.temp.join(`${name}.img`)))
    for (const name of names) await world.manager.deactivate(name)
    expect(await Promise.all(devices.map(backing))).toEqual([undefined, undefined, undefined])
  })

  it('can be read-only', async () => {
    await using world = await openMountWorld()
    const { active } = await world.manager.activate('a', [image(world.temp.join('disk.img'), ['ro'])])
    const device = active[0]?.data['device'] ?? ''
    expect((await readFile(`/sys/block/${basename(device)}/ro`, 'utf8')).trim()).toBe('1')
  })

  it('are detached when a later mount fails', async () => {
    await using world = await openMountWorld()
    const file = world.temp.join('disk.img')
    const bad = { type: 'format/xfs', source: '{{ mount 0 }}', options: ['nonsense'] }
    await expect(world.manager.activate('a', [image(file), bad], { temporary: true })).rejects.toThrow()
    const { stdout } = await mustRun('losetup', ['--associated', file])
    expect(stdout).toBe('')
    expect(await readdir(world.targetRoot)).toEqual([])
  })

  it('need a file', async () => {
    await using world = await openMountWorld()
    const mount = { type: 'loop', source: world.temp.join('none'), options: [] }
    await expect(world.manager.activate('a', [mount])).rejects.toMatchObject({ code: 'ENOENT' })
    const nowhere = image('/proc/disk.img')
    await expect(world.manager.activate('a', [nowhere])).rejects.toMatchObject({ code: Code.Unimplemented })
    expect(await readdir(world.targetRoot)).toEqual([])
  })

  it('are freed also when the file is gone, and left alone when they are somebody else’s by now', async () => {
    await using temp = await tempRoot('ctd-loop-')
    const [mine, theirs, point] = [temp.join('mine'), temp.join('theirs'), temp.join('point')]
    for (const file of [mine, theirs]) await writeFile(file, Buffer.alloc(2 ** 20))
    const handler = new LoopHandler()
    const mount = { type: 'loop', source: mine, options: [] }
    const { data } = await handler.mount(mount, point)
    const device = data['device'] ?? ''
    await rm(mine)
    await handler.unmount(point)
    expect(await backing(device)).toBeUndefined()

    await writeFile(mine, Buffer.alloc(2 ** 20))
    const second = (await handler.mount(mount, point)).data['device'] ?? ''
    await mustRun('losetup', ['--detach', second])
    await mustRun('losetup', [second, theirs])
    try {
      await handler.unmount(point)
      expect(await backing(second)).toBe(theirs)
    } finally {
      await mustRun('losetup', ['--detach', second])
    }
    await handler.unmount(point) // nothing there any more
    await unlink(theirs)
    expect(await readdir(temp.path)).toEqual(['mine'])
  })
})
