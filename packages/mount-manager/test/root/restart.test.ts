// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mount, MountActivation } from '@containerd-ts/core'
import { parseNamespace } from '@containerd-ts/core'
import { KernelMounter } from '@containerd-ts/mount'
import type { MountActivator } from '@containerd-ts/mount-manager'
import { requireRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { mountsIn, openMountWorld } from '../mount-world.ts'

const tmpfs: Mount = { type: 'tmpfs', source: 'tmpfs', options: ['size=64k'] }
const temporary = { temporary: true } as const

async function listOf(activator: MountActivator): Promise<readonly MountActivation[]> {
  const found: MountActivation[] = []
  for await (const each of activator.in(parseNamespace('default')).list()) found.push(each)
  return found
}

describe.skipIf(!requireRoot().open)('a restart', () => {
  it('finds the activations as they were, and gives new ones ids of their own', async () => {
    await using world = await openMountWorld()
    const before = await world.manager.activate('a', [tmpfs], { ...temporary, labels: { k: 'v' } })
    const after = await world.reopen()
    expect(await listOf(after)).toEqual([before])
    expect(mountsIn(world.targetRoot)).toEqual(['1/1 (tmpfs)'])
    const manager = after.in(parseNamespace('default'))
    await manager.activate('b', [tmpfs], temporary)
    expect(mountsIn(world.targetRoot)).toEqual(['1/1 (tmpfs)', '2/1 (tmpfs)'])
    await manager.deactivate('a')
    expect(mountsIn(world.targetRoot)).toEqual(['2/1 (tmpfs)'])
  })

  it('forgets those of an earlier boot', async () => {
    await using world = await openMountWorld()
    await world.manager.activate('a', [tmpfs], temporary)
    const after = await world.reopen({ bootId: 'another' })
    expect(await listOf(after)).toEqual([])
    expect(await readdir(world.targetRoot)).toEqual([])
    expect(await listOf(await world.reopen({ bootId: 'another' }))).toEqual([])
  })

  it('cleans up what a killed process had half done', async () => {
    await using world = await openMountWorld()
    const point = join(world.targetRoot, '7/1')
    await mkdir(point, { recursive: true })
    await writeFile(`${point}-type`, 'tmpfs')
    await new KernelMounter().mountAll([tmpfs], point)
    const after = await world.reopen()
    expect(await readdir(world.targetRoot)).toEqual([])
    const { active } = await after.in(parseNamespace('default')).activate('a', [tmpfs], temporary)
    expect(active[0]?.mountPoint).toBe(join(world.targetRoot, '8/1'))
  })

  it('forgets what has been unmounted behind its back', async () => {
    await using world = await openMountWorld()
    const whole = await world.manager.activate('a', [tmpfs], temporary)
    const { active } = await world.manager.activate('b', [tmpfs, tmpfs], temporary)
    await new KernelMounter().unmountAll(active[0]?.mountPoint ?? '')
    expect(await listOf(await world.reopen())).toEqual([whole])
    expect(mountsIn(world.targetRoot)).toEqual(['1/1 (tmpfs)'])
  })

  it('starts, and says so, when something cannot be cleaned up', async () => {
    await using world = await openMountWorld()
    const point = join(world.targetRoot, '3/1')
    await mkdir(join(world.targetRoot, '3'))
    await writeFile(`${point}-type`, 'unheard-of')
    await writeFile(point, 'not a directory')
    const warnings: unknown[] = []
    const { silentLogger } = await import('@containerd-ts/core')
    await world.reopen({ logger: { ...silentLogger, warn: (_message, fields) => void warnings.push(fields?.['id']) } })
    expect(warnings).toEqual([3])
  })
})
