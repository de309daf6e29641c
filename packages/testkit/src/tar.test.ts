// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { mustRun } from './run-command.ts'
import { tarBytes } from './tar.ts'

const list = async (archive: Buffer) =>
  (await mustRun('tar', ['-tvf', '-', '--numeric-owner'], { input: archive })).stdout

describe('tarBytes', () => {
  it('writes what tar(1) reads: types, modes, owners, targets', async () => {
    const listed = await list(
      tarBytes([
        { name: 'etc/', type: 'directory', mode: 0o750, uid: 5, gid: 6 },
        { name: 'etc/motd', data: 'hello', mode: 0o640 },
        { name: 'etc/link', type: 'symlink', target: 'motd' },
        { name: 'etc/hard', type: 'link', target: 'etc/motd' },
        { name: 'dev/null', type: 'char', device: { major: 1, minor: 3 } },
      ]),
    )
    expect(listed).toMatch(/drwxr-x--- 5\/6 .* etc\/\n/)
    expect(listed).toMatch(/-rw-r----- 0\/0 +5 .* etc\/motd\n/)
    expect(listed).toContain('etc/link -> motd')
    expect(listed).toContain('etc/hard link to etc/motd')
    expect(listed).toMatch(/crw-r--r-- 0\/0 +1,3 .* dev\/null/)
  })

  it('keeps names of more than 100 bytes, by prefix or by PAX header', async () => {
    const split = `${'d'.repeat(90)}/${'f'.repeat(90)}`
    const whole = 'w'.repeat(300)
    const listed = await list(tarBytes([{ name: split }, { name: whole, data: 'x' }]))
    expect(listed).toContain(split)
    expect(listed).toContain(whole)
  })

  it('counts the digits of the length of a PAX record', () => {
    const archive = tarBytes([{ name: 'f', pax: { 'SCHILY.xattr.user.k': Buffer.from([0, 255]) } }])
    expect(archive.subarray(512, 512 + 27)).toEqual(
      Buffer.concat([Buffer.from('26 SCHILY.xattr.user.k='), Buffer.from([0, 255, 10, 0])]),
    )
  })

  it('gives the same bytes for the same entries, in whole blocks', () => {
    const entries = [{ name: 'a', data: 'x'.repeat(513) }]
    expect(tarBytes(entries)).toEqual(tarBytes(entries))
    expect(tarBytes(entries)).toHaveLength(512 * (1 + 2 + 2))
  })
})
