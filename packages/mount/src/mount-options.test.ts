// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { MountFlag } from '@containerd-ts/native-sys'
import { describe, expect, it } from 'vitest'
import { parseIdMappings, toHostId } from './id-mapping.ts'
import { parseMountOptions } from './mount-options.ts'
import { parseMountInfo } from './mount-table.ts'
import { overlayDirectories, readonlyMounts, withoutVolatile } from './overlay-options.ts'

describe('parseMountOptions', () => {
  it('tells flags, propagation and data apart, later options winning', () => {
    expect(parseMountOptions(['ro', 'nosuid', 'rbind', 'rw', 'rprivate', 'size=10m', 'mode=755'])).toEqual({
      flags: MountFlag.nosuid | MountFlag.bind | MountFlag.rec,
      propagation: [MountFlag.private | MountFlag.rec],
      data: ['size=10m', 'mode=755'],
      loop: false,
      uidMap: undefined,
      gidMap: undefined,
    })
  })

  it('takes what is ours out of the data', () => {
    expect(parseMountOptions(['loop', 'uidmap=0:1:2', 'gidmap=0:3:4', 'lowerdir=/a'])).toMatchObject({
      data: ['lowerdir=/a'],
      loop: true,
      uidMap: '0:1:2',
      gidMap: '0:3:4',
    })
  })

  it('refuses an option meant for a handler that never came', () => {
    expect(() => parseMountOptions(['X-containerd.dmverity=/x'])).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument }),
    )
  })
})

describe('overlay descriptors', () => {
  const overlay = {
    type: 'overlay',
    source: 'overlay',
    options: ['workdir=/w', 'upperdir=/u', 'lowerdir=/b:/a', 'volatile', 'index=off'],
  }

  it('name their directories', () => {
    expect(overlayDirectories(overlay)).toEqual({ upperDir: '/u', workDir: '/w', lowerDirs: ['/b', '/a'] })
    expect(overlayDirectories({ type: 'bind', source: '/x', options: [] })).toBeUndefined()
  })

  it('become layers only when made read-only', () => {
    expect(readonlyMounts([overlay])).toEqual([{ ...overlay, options: ['lowerdir=/u:/b:/a', 'index=off'] }])
    const lone = { ...overlay, options: ['workdir=/w', 'upperdir=/u'] }
    expect(readonlyMounts([lone])).toEqual([{ type: 'bind', source: '/u', options: ['rbind', 'ro'] }])
    const bind = { type: 'bind', source: '/x', options: ['rbind', 'rw'] }
    expect(readonlyMounts([bind])).toEqual([{ ...bind, options: ['rbind', 'ro'] }])
    expect(readonlyMounts([])).toEqual([])
  })

  it('lose volatile for a second mount', () => {
    expect(withoutVolatile([overlay])[0]?.options).toEqual(['workdir=/w', 'upperdir=/u', 'lowerdir=/b:/a', 'index=off'])
  })
})

describe('parseMountInfo', () => {
  it('reads optional fields and escaped paths', () => {
    const line = '36 35 98:0 /sub /mnt/a\\040b rw,noatime shared:1 master:2 - ext4 /dev/x\\134y rw,errors=continue'
    expect(parseMountInfo(`${line}\nrubbish\n`)).toEqual([
      {
        id: 36,
        parentId: 35,
        root: '/sub',
        mountPoint: '/mnt/a b',
        options: ['rw', 'noatime'],
        type: 'ext4',
        source: '/dev/x\\y',
        superOptions: ['rw', 'errors=continue'],
      },
    ])
  })
})

describe('id mappings', () => {
  it('translate ids inside their ranges', () => {
    const mappings = parseIdMappings('0:1000:10,10:5000:5')
    expect([0, 9, 10, 14, 15].map((id) => toHostId(mappings, id))).toEqual([1000, 1009, 5000, 5004, undefined])
  })

  it.each(['', '0:0', '0:0:0', 'a:b:c', '0:0:1,'])('are refused when malformed: %j', (text) => {
    expect(() => parseIdMappings(text)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })
})
