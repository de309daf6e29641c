// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Code } from '@containerd-ts/errdefs'
import { KernelMounter, mountPointsBelow, readMounts } from '@containerd-ts/mount'
import { allOf, hasOverlayfs, requireRoot, tempRoot, type TempRoot } from '@containerd-ts/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

describe.skipIf(!allOf(requireRoot(), hasOverlayfs()).open)('KernelMounter', () => {
  let place: TempRoot
  let root: string
  let mounter: KernelMounter
  const at = (...parts: string[]): string => join(root, ...parts)
  const bind = (source: string, ...options: string[]) => ({ type: 'bind', source, options: ['rbind', ...options] })

  beforeEach(async () => {
    place = await tempRoot('mount-')
    root = place.path
    mounter = new KernelMounter({ tempRoot: at('tmpmounts') })
    for (const name of ['source', 'target', 'upper', 'work', 'lower']) await mkdir(at(name))
    await writeFile(at('source', 'file'), 'text')
  })
  afterEach(async () => {
    await mounter.unmountAll(root, { recursive: true, lazy: true })
    await place[Symbol.asyncDispose]()
  })

  it('binds writable and read-only', async () => {
    await mounter.mountAll([bind(at('source'), 'rw')], at('target'))
    await writeFile(at('target', 'new'), '')
    await mounter.unmountAll(at('target'))
    await mounter.mountAll([bind(at('source'), 'ro', 'nosuid')], at('target'))
    await expect(writeFile(at('target', 'newer'), '')).rejects.toMatchObject({ code: 'EROFS' })
    await writeFile(at('source', 'newer'), '')
    const entry = (await readMounts()).find(({ mountPoint }) => mountPoint === at('target'))
    expect(entry?.options).toEqual(expect.arrayContaining(['ro', 'nosuid']))
  })

  it('sets propagation apart from the mount', async () => {
    await mounter.mountAll([{ type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'rshared'] }], at('target'))
    expect(await readFile('/proc/self/mountinfo', 'utf8')).toMatch(new RegExp(`${at('target')} \\S+ shared:\\d+`))
    await mounter.mountAll([{ type: 'none', source: '', options: ['remount', 'ro', 'bind'] }], at('target'))
    await expect(writeFile(at('target', 'x'), '')).rejects.toMatchObject({ code: 'EROFS' })
  })

  it('mounts an overlay', async () => {
    await writeFile(at('lower', 'below'), 'below')
    const options = [`workdir=${at('work')}`, `upperdir=${at('upper')}`, `lowerdir=${at('lower')}`]
    await mounter.mountAll([{ type: 'overlay', source: 'overlay', options }], at('target'))
    await writeFile(at('target', 'above'), '')
    expect(await readdir(at('upper'))).toEqual(['above'])
    expect((await readdir(at('target'))).sort()).toEqual(['above', 'below'])
  })

  it('mounts more layers than a page of options holds', async () => {
    const layers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const layer = at('a-directory-with-a-rather-long-name', String(i), 'fs')
        await mkdir(layer, { recursive: true })
        await writeFile(join(layer, `file-${i}`), '')
        return layer
      }),
    )
    const options = [`workdir=${at('work')}`, `upperdir=${at('upper')}`, `lowerdir=${layers.join(':')}`, 'index=off']
    await mounter.mountAll([{ type: 'overlay', source: 'overlay', options }], at('target'))
    expect(await readdir(at('target'))).toHaveLength(200)
  })

  it('shows lower layers through an id map', async () => {
    const options = [
      `workdir=${at('work')}`,
      `upperdir=${at('upper')}`,
      `lowerdir=${at('source')}`,
      'uidmap=0:100000:65536',
      'gidmap=0:200000:65536',
    ]
    await mounter.mountAll([{ type: 'overlay', source: 'overlay', options }], at('target'))
    expect(await stat(at('target', 'file'))).toMatchObject({ uid: 100_000, gid: 200_000 })
    expect(await readdir(at('tmpmounts'))).toEqual([])
  })

  it('binds through an id map', async () => {
    await mounter.mountAll([bind(at('source'), 'rw', 'uidmap=0:100000:65536', 'gidmap=0:200000:65536')], at('target'))
    expect(await stat(at('target', 'file'))).toMatchObject({ uid: 100_000, gid: 200_000 })
  })

  it('undoes earlier mounts when a later one fails', async () => {
    const mounts = [bind(at('source')), { type: 'no-such-type', source: 'x', options: [] }]
    await expect(mounter.mountAll(mounts, at('target'))).rejects.toMatchObject({ code: 'ENODEV' })
    expect(await mountPointsBelow(root)).toEqual([])
  })

  it('mounts at a sub-path that links cannot lead out of', async () => {
    await mkdir(at('target', 'inner'))
    await symlink('/', at('target', 'out'))
    await mounter.mountAll([{ ...bind(at('source')), target: 'inner' }], at('target'))
    expect(await readFile(at('target', 'inner', 'file'), 'utf8')).toBe('text')
    await mkdir(at('target', root), { recursive: true })
    await mounter.mountAll([{ ...bind(at('source')), target: `out${root}` }], at('target'))
    expect(await mountPointsBelow(root)).toEqual([at('target', root), at('target', 'inner')])
  })

  it('unmounts stacks, trees, and nothing', async () => {
    for (let i = 0; i < 3; i++) await mounter.mountAll([bind(at('source'))], at('target'))
    await mkdir(at('source', 'deep'))
    await mounter.mountAll([{ type: 'tmpfs', source: 'tmpfs', options: [] }], at('target', 'deep'))
    await mounter.unmountAll(at('target'), { recursive: true })
    await mounter.unmountAll(at('target'))
    await mounter.unmountAll(at('missing'))
    expect(await mountPointsBelow(root)).toEqual([])
  })

  it('waits for a busy mount, and detaches at once when told to', async () => {
    await mounter.mountAll([{ type: 'tmpfs', source: 'tmpfs', options: [] }], at('target'))
    const file = await open(at('target', 'busy'), 'w')
    const unmounting = mounter.unmountAll(at('target'))
    await file.close()
    await unmounting
    await mounter.mountAll([{ type: 'tmpfs', source: 'tmpfs', options: [] }], at('target'))
    await using _held = await open(at('target', 'busy'), 'w')
    await expect(mounter.unmountAll(at('target'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await mounter.unmountAll(at('target'), { lazy: true })
  })

  it('owns temporary mounts, and removes what a killed process left', async () => {
    {
      await using temp = await mounter.mountTemp([bind(at('source'))])
      expect(await readFile(join(temp.path, 'file'), 'utf8')).toBe('text')
    }
    expect(await readdir(at('tmpmounts'))).toEqual([])
    await mounter.mountTemp([bind(at('source'))])
    await mkdir(at('tmpmounts', 'somebody-else'))
    await new KernelMounter({ tempRoot: at('tmpmounts') }).cleanUpTempMounts()
    expect(await readdir(at('tmpmounts'))).toEqual(['somebody-else'])
    expect(await readdir(at('source'))).toEqual(['file'])
  })

  it('leaves nothing when a temporary mount fails', async () => {
    await expect(mounter.mountTemp([bind(at('missing'))])).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await readdir(at('tmpmounts'))).toEqual([])
  })

  it('says what the kernel can mount and what this package cannot', async () => {
    expect(await mounter.supports('tmpfs')).toBe(true)
    expect(await mounter.supports('no-such-type')).toBe(false)
    const loop = { type: 'ext4', source: at('image'), options: ['loop'] }
    await expect(mounter.mountAll([loop], at('target'))).rejects.toMatchObject({ code: Code.Unimplemented })
    const fuse = { type: 'fuse3.no-such-thing', source: 'x', options: [] }
    await expect(mounter.mountAll([fuse], at('target'))).rejects.toBeInstanceOf(Error)
  })
})
