// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { TarEntry } from './tar-entry.ts'
import { TarReader } from './tar-reader.ts'
import { formatTarHeader, tarEnd, type NewTarEntry } from './tar-writer.ts'

const simple: NewTarEntry = { type: 'file', name: 'f', mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 }

function readBack(entry: NewTarEntry): TarEntry {
  const entries: TarEntry[] = []
  new TarReader({ entry: (found) => entries.push(found), data: () => {}, endEntry: () => {} }).push(
    formatTarHeader(entry),
  )
  return entries[0]!
}

describe('formatTarHeader', () => {
  it('writes the same bytes as ever', () => {
    const block = formatTarHeader({
      ...simple,
      name: 'etc/passwd',
      mode: 0o644,
      uid: 1,
      gid: 2,
      mtimeSeconds: 1_000_000_000,
    })
    expect(block).toHaveLength(512)
    const text = block.toString('latin1')
    expect(text.startsWith('etc/passwd\0')).toBe(true)
    expect(text.slice(100, 157)).toBe('0000644\x000000001\x000000002\x0000000000000\x0007346545000\x00011237\0 0')
    expect(text.slice(257, 265)).toBe('ustar\x0000')
    expect(text.slice(329, 345)).toBe('0000000\x000000000\0')
  })

  it('uses a PAX header only for what does not fit', () => {
    expect(formatTarHeader({ ...simple, name: 'n'.repeat(100) })).toHaveLength(512)
    for (const odd of [
      { name: 'n'.repeat(101) },
      { name: '\xe9' },
      { uid: 0o10000000 },
      { sizeBytes: 8 ** 11 },
      { mtimeSeconds: -1 },
      { type: 'symlink' as const, linkName: 'l'.repeat(101) },
      { xattrs: [['security.capability', Buffer.from([0, 0xff, 10])] as const] },
    ]) {
      expect(formatTarHeader({ ...simple, ...odd })).toHaveLength(1536)
    }
  })

  it('is read back whole', () => {
    const entry: NewTarEntry = {
      type: 'character',
      name: `${'d\xff'.repeat(80)}/dev`,
      mode: 0o4711,
      uid: 4_000_000,
      gid: 70_000,
      mtimeSeconds: -3,
      major: 10,
      minor: 200,
      xattrs: [['user.x', Buffer.from('a\nb=\0')]],
    }
    const { mtimeSeconds, ...rest } = entry
    expect(readBack(entry)).toMatchObject({ ...rest, mtimeNs: BigInt(mtimeSeconds) * 1_000_000_000n })
  })

  it('is understood by GNU tar', () => {
    const name = `${'long/'.repeat(40)}\xc3\xa9`
    const archive = Buffer.concat([
      formatTarHeader({ ...simple, name, uid: 3_000_000, mtimeSeconds: 1_000_000_000 }),
      tarEnd,
    ])
    const listing = execFileSync('tar', ['--quoting-style=literal', '--utc', '--numeric-owner', '-tvf', '-'], {
      input: archive,
    }).toString()
    expect(listing).toContain('-rw-r--r-- 3000000/0')
    expect(listing).toContain('2001-09-09 01:46')
    expect(listing).toContain(Buffer.from(name, 'latin1').toString())
  })
})
