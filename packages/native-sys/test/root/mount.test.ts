// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { MountAttr, MountFlag, native } from '@containerd-ts/native-sys'
import { describe, expect, it } from 'vitest'
import { scratch } from './scratch.ts'

describe.runIf(process.getuid?.() === 0)('mounts', () => {
  it('mounts and unmounts; a second unmount says false', async () => {
    await using s = scratch()
    mkdirSync(s.path('m'))
    await native.mount({
      source: 'tmpfs',
      target: s.path('m'),
      type: 'tmpfs',
      flags: MountFlag.nosuid,
      data: 'size=64k',
    })
    expect(await native.statfs(s.path('m'))).toMatchObject({ type: 0x01021994, blocks: 16, blockSize: 4096 })
    writeFileSync(s.path('m/f'), 'x')
    expect(await native.unmount(s.path('m'))).toBe(true)
    expect(existsSync(s.path('m/f'))).toBe(false)
    expect(await native.unmount(s.path('m'))).toBe(false)
  })

  it('says what failed and where', async () => {
    await using s = scratch()
    await expect(native.mount({ target: s.path('none'), type: 'tmpfs' })).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'mount',
      path: s.path('none'),
    })
    await expect(native.unmount(s.path('none'))).rejects.toMatchObject({ code: 'ENOENT', syscall: 'umount2' })
    mkdirSync(s.path('m'))
    await expect(
      native.mountNew({ target: s.path('m'), type: 'overlay', options: [['nonsense', '1']] }),
    ).rejects.toThrow(/EINVAL: fsconfig .*nonsense/)
  })

  it('binds read-only in one step', async () => {
    await using s = scratch()
    mkdirSync(s.path('from'))
    mkdirSync(s.path('to'))
    await native.bindMount({
      source: s.path('from'),
      target: s.path('to'),
      attributes: MountAttr.rdonly,
      propagation: 'private',
    })
    expect(() => writeFileSync(s.path('to/f'), 'x')).toThrow(/EROFS/)
    writeFileSync(s.path('from/f'), 'x')
    expect(existsSync(s.path('to/f'))).toBe(true)
  })

  it('stacks more overlay layers than a page of options holds', async () => {
    await using s = scratch()
    for (const name of ['base', 'merged']) mkdirSync(s.path(name))
    await native.mount({ source: 'tmpfs', target: s.path('base'), type: 'tmpfs' })
    const long = 'x'.repeat(180)
    const layers = Array.from({ length: 40 }, (_, i) => s.path(`base/${i}-${long}`))
    for (const [i, layer] of layers.entries()) {
      mkdirSync(layer)
      writeFileSync(`${layer}/file-${i}`, String(i))
    }
    await native.mountNew({
      target: s.path('merged'),
      type: 'overlay',
      options: layers.map((layer) => ['lowerdir+', layer] as const),
      attributes: MountAttr.rdonly,
    })
    expect(readFileSync(s.path('merged/file-39'), 'utf8')).toBe('39')
    await native.unmount(s.path('merged'))
  })

  it('maps owners through a user namespace', async () => {
    await using s = scratch()
    for (const name of ['from', 'to']) mkdirSync(s.path(name))
    writeFileSync(s.path('from/f'), 'x')
    const mappings = [{ containerId: 0, hostId: 5000, size: 1000 }]
    const { user } = await native.createNamespaces({ kinds: ['user'], uidMappings: mappings, gidMappings: mappings })
    if (user === undefined) throw new Error('no user namespace')
    try {
      await native.bindMount({ source: s.path('from'), target: s.path('to'), userNamespace: user })
      expect(statSync(s.path('to/f')).uid).toBe(5000)
    } finally {
      closeSync(user)
    }
  })

  it('mounts inside another mount namespace only', async () => {
    await using s = scratch()
    mkdirSync(s.path('m'))
    const { mnt } = await native.createNamespaces({ kinds: ['mnt'] })
    if (mnt === undefined) throw new Error('no mount namespace')
    try {
      // A new namespace shares propagation with ours: cut it first.
      await native.mount({ target: '/', flags: MountFlag.rec | MountFlag.private, mountNamespace: mnt })
      await native.mount({ source: 'tmpfs', target: s.path('m'), type: 'tmpfs', mountNamespace: mnt })
      expect(await native.unmount(s.path('m'))).toBe(false)
      expect(await native.unmount(s.path('m'), { mountNamespace: mnt })).toBe(true)
      await expect(native.mount({ target: '/none', type: 'tmpfs', mountNamespace: mnt })).rejects.toMatchObject({
        code: 'ENOENT',
      })
    } finally {
      closeSync(mnt)
    }
  })

  it('flushes a file system and a directory', async () => {
    await using s = scratch()
    const fd = openSync(s.dir, 'r')
    await native.syncfs(fd)
    closeSync(fd)
    await native.fsyncDirectory(s.dir)
    await expect(native.fsyncDirectory(s.path('none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
