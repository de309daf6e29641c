// SPDX-License-Identifier: Apache-2.0
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mount } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { requireRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { mountsIn, openMountWorld, type MountWorld } from '../mount-world.ts'

const tmpfs: Mount = { type: 'tmpfs', source: 'tmpfs', options: ['size=64k'] }
const temporary = { temporary: true } as const
const backTo = (kind: string, value: string) => ({
  ...temporary,
  labels: { [`containerd.io/gc.bref.${kind}`]: value },
})

async function namesIn({ manager }: MountWorld): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of manager.list()) names.push(name)
  return names
}

describe.skipIf(!requireRoot().open)('collection', () => {
  it('unmounts what nothing keeps', async () => {
    await using world = await openMountWorld()
    await world.manager.activate('loose', [tmpfs], temporary)
    await world.manager.activate('orphan', [tmpfs], backTo('container', 'gone'))
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual([])
    expect(await readdir(world.targetRoot)).toEqual([])
  })

  it('spares what belongs to a lease, until the lease goes', async () => {
    await using world = await openMountWorld()
    const { id: lease } = await world.view.leases.create({})
    await world.manager.activate('kept', [tmpfs], { ...temporary, lease })
    await world.in('other').activate('kept', [tmpfs], { ...temporary, lease })
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual(['kept'])
    expect(mountsIn(world.targetRoot)).toEqual(['1/1 (tmpfs)'])
    await world.view.leases.delete(lease)
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual([])
    expect(mountsIn(world.targetRoot)).toEqual([])
  })

  it('spares what points back to a container, until that goes', async () => {
    await using world = await openMountWorld()
    await world.view.containers.create({ id: 'c', labels: {}, runtime: { name: 'r' } })
    await world.manager.activate('c', [tmpfs], backTo('container', 'c'))
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual(['c'])
    await world.view.containers.delete('c')
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual([])
  })

  it('spares what a label of something alive names', async () => {
    await using world = await openMountWorld()
    const labels = { 'containerd.io/gc.ref.mount/rootfs': 'named' }
    await world.view.containers.create({ id: 'c', labels, runtime: { name: 'r' } })
    await world.manager.activate('named', [tmpfs], temporary)
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual(['named'])
    await world.view.containers.update({ id: 'c', labels: {}, runtime: { name: 'r' } }, ['labels'])
    await world.metadata.collector.collect()
    expect(await namesIn(world)).toEqual([])
  })

  it('leaves alone what has the name of a dead one by now', async () => {
    await using world = await openMountWorld()
    await world.manager.activate('a', [tmpfs], temporary)
    const [old] = world.activator.all()
    await world.manager.deactivate('a')
    await world.manager.activate('a', [tmpfs], temporary)
    if (old === undefined) throw new Error('no activation')
    await world.activator.deactivateExactly(old)
    expect(await namesIn(world)).toEqual(['a'])
    expect(mountsIn(world.targetRoot)).toEqual(['2/1 (tmpfs)'])
  })

  it('tries again what was in use when it was deactivated, and its name is free meanwhile', async () => {
    await using world = await openMountWorld()
    const { active } = await world.manager.activate('a', [tmpfs], temporary)
    {
      await using _user = await open(join(active[0]?.mountPoint ?? '', 'file'), 'w')
      await expect(world.manager.deactivate('a')).rejects.toMatchObject({ code: 'EBUSY' })
      await expect(world.manager.info('a')).rejects.toMatchObject({ code: Code.NotFound })
      await world.manager.activate('a', [tmpfs], temporary)
      expect(mountsIn(world.targetRoot)).toEqual(['1/1 (tmpfs)', '2/1 (tmpfs)'])
    }
    await world.metadata.collector.collect()
    expect(await readdir(world.targetRoot)).toEqual([])
  })
})
