// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Mount } from '@containerd-ts/core'
import { AT_FDCWD, native } from '@containerd-ts/native-sys'
import { allOf, hasOverlayfs, mountsBelow, requireRoot, tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { directoryFiles, snapshotFiles } from '../../src/index.ts'

const characterDevice = 0o020000

function put(temp: TempRoot, path: string, text: string): void {
  const file = temp.join(path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function overlay(temp: TempRoot, ...layers: readonly string[]): Mount[] {
  for (const dir of ['upper', 'work', ...layers]) mkdirSync(temp.join(dir), { recursive: true })
  const lower = layers.map((layer) => temp.join(layer)).join(':')
  const options = [`workdir=${temp.join('work')}`, `upperdir=${temp.join('upper')}`, `lowerdir=${lower}`]
  return [{ type: 'overlay', source: 'overlay', options }]
}

describe.skipIf(!allOf(requireRoot(), hasOverlayfs()).open)('files of a snapshot', () => {
  it('come from the nearest layer that has them', async () => {
    await using temp = await tempRoot()
    put(temp, 'l1/etc/passwd', 'near')
    put(temp, 'l2/etc/passwd', 'far')
    put(temp, 'l2/etc/group', 'group')
    const read = snapshotFiles(overlay(temp, 'l1', 'l2'))
    expect(await read('/etc/passwd')).toBe('near')
    expect(await read('/etc/group')).toBe('group')
    expect(await read('/etc/shadow')).toBeUndefined()
  })

  it('are hidden by a whiteout, of themselves or of a directory above', async () => {
    await using temp = await tempRoot()
    put(temp, 'l1/keep', '')
    put(temp, 'l2/etc/passwd', 'hidden')
    put(temp, 'l2/opt/file', 'hidden')
    mkdirSync(temp.join('l1/etc'))
    for (const path of ['l1/etc/passwd', 'l1/opt']) {
      native.mknod(AT_FDCWD, temp.join(path), characterDevice, { major: 0, minor: 0 })
    }
    const read = snapshotFiles(overlay(temp, 'l1', 'l2'))
    expect(await read('/etc/passwd')).toBeUndefined()
    expect(await read('/opt/file')).toBeUndefined()
  })

  it('are hidden by an opaque directory', async () => {
    await using temp = await tempRoot()
    put(temp, 'l1/etc/other', '')
    put(temp, 'l2/etc/passwd', 'hidden')
    await native.setXattr(temp.join('l1/etc'), 'trusted.overlay.opaque', Buffer.from('y'))
    expect(await snapshotFiles(overlay(temp, 'l1', 'l2'))('/etc/passwd')).toBeUndefined()
  })

  it('are reached through links by way of a mount, which stays inside and is gone afterwards', async () => {
    await using temp = await tempRoot()
    put(temp, 'l2/real/passwd', 'linked')
    mkdirSync(temp.join('l1/etc'), { recursive: true })
    symlinkSync('/real/passwd', temp.join('l1/etc/passwd'))
    symlinkSync('/../../../../etc/hostname', temp.join('l1/etc/group'))
    const read = snapshotFiles(overlay(temp, 'l1', 'l2'))
    expect(await read('/etc/passwd')).toBe('linked')
    expect(await read('/etc/group')).toBeUndefined()
    expect(mountsBelow(temp.path)).toEqual([])
  })

  it('are regular files or none', async () => {
    await using temp = await tempRoot()
    mkdirSync(temp.join('root/etc/passwd'), { recursive: true })
    await native.makeFifo(temp.join('root/etc/group'), 0o600)
    const bind: Mount = { type: 'bind', source: temp.join('root'), options: ['rbind', 'ro'] }
    for (const read of [snapshotFiles([bind]), directoryFiles(temp.join('root'))]) {
      expect(await read('/etc/passwd')).toBeUndefined()
      expect(await read('/etc/group')).toBeUndefined()
    }
  })
})
