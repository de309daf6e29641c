// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mount, MountActivation, MountHandler, MountManager } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { requireRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { mountsIn, openMountWorld } from '../mount-world.ts'

const tmpfs = (options: readonly string[] = []): Mount => ({ type: 'tmpfs', source: 'tmpfs', options })
const overlay = (options: readonly string[]): Mount => ({ type: 'format/mkdir/overlay', source: 'overlay', options })
const writable = [
  tmpfs(),
  overlay([
    'X-containerd.mkdir.path={{ mount 0 }}/upper:755',
    'X-containerd.mkdir.path={{ mount 0 }}/work',
    'X-containerd.mkdir.path={{ mount 0 }}/lower',
    'lowerdir={{ mount 0 }}/lower',
    'upperdir={{ mount 0 }}/upper',
    'workdir={{ mount 0 }}/work',
  ]),
]

async function collect(manager: MountManager): Promise<MountActivation[]> {
  const found: MountActivation[] = []
  for await (const activation of manager.list()) found.push(activation)
  return found
}

describe.skipIf(!requireRoot().open)('activations', () => {
  it('mount what others are built on, and leave the last mount to the caller', async () => {
    await using world = await openMountWorld()
    const done = await world.manager.activate('a', writable, { labels: { k: 'v' } })
    const point = join(world.targetRoot, '1/1')
    expect(done).toEqual({
      name: 'a',
      active: [{ mount: tmpfs(), mountPoint: point, mountedAt: expect.any(Date), data: {} }],
      system: [
        {
          type: 'overlay',
          source: 'overlay',
          options: [`lowerdir=${point}/lower`, `upperdir=${point}/upper`, `workdir=${point}/work`],
        },
      ],
      labels: { k: 'v' },
    })
    expect(mountsIn(world.targetRoot)).toEqual(['1/1 (tmpfs)'])
    expect((await stat(join(point, 'upper'))).mode & 0o777).toBe(0o755)
    expect((await stat(join(world.targetRoot, '1'))).mode & 0o777).toBe(0o700)
    expect(await world.manager.info('a')).toEqual(done)
    expect(await collect(world.manager)).toEqual([done])
    await world.manager.deactivate('a')
    expect(mountsIn(world.targetRoot)).toEqual([])
    expect(await readdir(world.targetRoot)).toEqual([])
    expect(await collect(world.manager)).toEqual([])
  })

  it('mount everything when they are temporary, and leave a bind of it', async () => {
    await using world = await openMountWorld()
    const { active, system } = await world.manager.activate('a', writable, { temporary: true })
    expect(active.map(({ mount }) => mount.type)).toEqual(['tmpfs', 'overlay'])
    expect(system).toEqual([{ type: 'bind', source: join(world.targetRoot, '1/1'), options: ['rbind'] }])
    expect(mountsIn(world.targetRoot)).toEqual(['1/2 (tmpfs)', '1/1 (overlay)'])
    await writeFile(join(world.targetRoot, '1/1/file'), 'x')
    expect(await readFile(join(world.targetRoot, '1/2/upper/file'), 'utf8')).toBe('x')
    await world.manager.deactivate('a')
    expect(mountsIn(world.targetRoot)).toEqual([])
  })

  it('need no transformer to be temporary', async () => {
    await using world = await openMountWorld()
    const { active, system } = await world.manager.activate('a', [tmpfs(['size=64k'])], { temporary: true })
    expect([active.length, system.length]).toEqual([1, 1])
  })

  it('are refused where the kernel mounts everything itself', async () => {
    await using world = await openMountWorld()
    await expect(world.manager.activate('a', [tmpfs()])).rejects.toMatchObject({ code: Code.Unimplemented })
    await expect(world.manager.activate('a', [], { temporary: true })).rejects.toMatchObject({
      code: Code.Unimplemented,
    })
    expect(await readdir(world.targetRoot)).toEqual([])
  })

  it('have a name once in each namespace', async () => {
    await using world = await openMountWorld()
    await world.manager.activate('a', writable)
    await expect(world.manager.activate('a', writable)).rejects.toMatchObject({ code: Code.AlreadyExists })
    const other = await world.in('other').activate('a', writable)
    expect(other.active[0]?.mountPoint).toBe(join(world.targetRoot, '2/1'))
    await world.manager.deactivate('a')
    await expect(world.manager.info('a')).rejects.toMatchObject({ code: Code.NotFound })
    await expect(world.manager.deactivate('a')).rejects.toMatchObject({ code: Code.NotFound })
    expect((await world.in('other').info('a')).name).toBe('a')
    expect(await collect(world.in('third'))).toEqual([])
    await expect(world.manager.activate('', writable)).rejects.toMatchObject({ code: Code.InvalidArgument })
  })

  it('of one name asked for at once: one is made', async () => {
    await using world = await openMountWorld()
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => world.manager.activate('a', writable)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(mountsIn(world.targetRoot)).toHaveLength(1)
  })

  it('that fail leave nothing behind', async () => {
    await using world = await openMountWorld()
    const bad = [...writable, { type: 'nosuchfs', source: 'none', options: [] }, overlay(['lowerdir={{ mount 0 }}'])]
    await expect(world.manager.activate('a', bad)).rejects.toMatchObject({ code: 'ENODEV' })
    await expect(world.manager.activate('b', [tmpfs(), overlay(['{{ mount 7 }}'])])).rejects.toMatchObject({
      code: Code.InvalidArgument,
    })
    expect(mountsIn(world.targetRoot)).toEqual([])
    expect(await readdir(world.targetRoot)).toEqual([])
    await expect(world.manager.info('a')).rejects.toMatchObject({ code: Code.NotFound })
    await world.manager.activate('a', writable)
  })

  it('that are called off leave nothing behind, and are not seen before they are whole', async () => {
    const started = Promise.withResolvers<void>()
    const slow: MountHandler = {
      type: 'slow',
      async mount(_mount, mountPoint, options = {}) {
        await mkdir(mountPoint)
        started.resolve()
        await new Promise((_resolve, reject) =>
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error)),
        )
        return { data: {} }
      },
      unmount: () => Promise.resolve(),
    }
    await using world = await openMountWorld({ handlers: [slow] })
    const stop = new AbortController()
    const mounts = [tmpfs(), { type: 'slow', source: 's', options: [] }]
    const activating = world.manager.activate('a', mounts, { signal: stop.signal })
    activating.catch(() => {})
    await started.promise
    expect(mountsIn(world.targetRoot)).toEqual(['1/2 (tmpfs)'])
    await expect(world.manager.info('a')).rejects.toMatchObject({ code: Code.NotFound })
    expect(await collect(world.manager)).toEqual([])
    await world.metadata.collector.collect()
    expect(mountsIn(world.targetRoot)).toEqual(['1/2 (tmpfs)'])
    stop.abort(new Error('enough'))
    await expect(activating).rejects.toThrow('enough')
    expect(await readdir(world.targetRoot)).toEqual([])
  })

  it('keep what a handler says about its mount', async () => {
    const handler: MountHandler = {
      type: 'own',
      async mount(_mount, mountPoint) {
        await mkdir(mountPoint)
        return { data: { serial: '7' } }
      },
      unmount: () => Promise.resolve(),
    }
    await using world = await openMountWorld({ handlers: [handler] })
    await world.manager.activate('a', [{ type: 'own', source: 's', options: [] }])
    expect((await world.manager.info('a')).active[0]?.data).toEqual({ serial: '7' })
  })

  it('number their mount points so that they sort in the order of clean-up', async () => {
    await using world = await openMountWorld()
    const mounts = Array.from({ length: 11 }, () => tmpfs(['size=4k']))
    await world.manager.activate('a', mounts, { temporary: true })
    const names = (await readdir(join(world.targetRoot, '1'))).filter((name) => !name.endsWith('-type'))
    expect(names.toSorted()).toEqual(Array.from({ length: 11 }, (_, i) => String(i + 1).padStart(2, '0')))
    const { active } = await world.manager.info('a')
    expect(active[0]?.mountPoint).toBe(join(world.targetRoot, '1/11'))
    expect(await readFile(join(world.targetRoot, '1/11-type'), 'utf8')).toBe('tmpfs')
  })
})
