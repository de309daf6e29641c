// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { AT_FDCWD, native } from '@containerd-ts/native-sys'
import { describe, expect, it } from 'vitest'
import { scratch } from './scratch.ts'

describe.runIf(process.getuid?.() === 0)('files', () => {
  it('opens under a root that links and dots cannot leave', async () => {
    await using s = scratch()
    mkdirSync(s.path('root/etc'), { recursive: true })
    writeFileSync(s.path('root/etc/passwd'), 'inside')
    symlinkSync('/etc', s.path('root/link'))
    const root = openSync(s.path('root'), 'r')
    try {
      for (const path of ['etc/passwd', 'link/passwd', '../../../etc/passwd', '/etc/passwd']) {
        const fd = native.openAt(root, path, { flags: constants.O_RDONLY })
        expect(readFileSync(fd, 'utf8')).toBe('inside')
        native.close(fd)
      }
      expect(() => native.openAt(root, '/etc/shadow', { flags: constants.O_RDONLY })).toThrow(
        expect.objectContaining({ code: 'ENOENT', syscall: 'openat2' }),
      )
    } finally {
      closeSync(root)
    }
  })

  it('names the process that holds a lock', async () => {
    await using s = scratch()
    const file = s.path('lock')
    writeFileSync(file, '')
    const script = `import { openSync } from 'node:fs'; import { native } from '@containerd-ts/native-sys'
      console.log(JSON.stringify(native.tryLock(openSync(${JSON.stringify(file)}, 'r+')))); process.stdin.resume()`
    const holder = spawn(
      process.execPath,
      ['--conditions=@containerd-ts/source', '--input-type=module', '-e', script],
      { cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const [said] = (await once(holder.stdout, 'data')) as [Buffer]
    expect(JSON.parse(said.toString())).toEqual({ acquired: true })
    const fd = openSync(file, 'r+')
    expect(native.tryLock(fd)).toEqual({ acquired: false, holderPid: holder.pid })
    holder.stdin.end()
    await once(holder, 'exit')
    expect(native.tryLock(fd)).toEqual({ acquired: true })
    closeSync(fd)
  })

  it('flock is bound to the open file', async () => {
    await using s = scratch()
    const [a, b] = [openSync(s.path('l'), 'w'), openSync(s.path('l'), 'w')]
    expect(native.tryFlock(a, 'exclusive')).toBe(true)
    expect(native.tryFlock(b, 'shared')).toBe(false)
    native.tryFlock(a, 'unlock')
    expect(native.tryFlock(b, 'shared')).toBe(true)
    closeSync(a)
    closeSync(b)
  })

  it('makes nodes, owners and times by name, byte for byte', async () => {
    await using s = scratch()
    const raw = Buffer.concat([Buffer.from(`${s.dir}/`), Buffer.from([0xff, 0xfe])])
    native.mknod(AT_FDCWD, raw, constants.S_IFCHR | 0o600, { major: 0, minor: 0 })
    native.lchown(AT_FDCWD, raw, 12, 34)
    native.setTimes(AT_FDCWD, raw, { mtimeNs: -1n })
    expect(lstatSync(raw, { bigint: true })).toMatchObject({ uid: 12n, gid: 34n, mtimeNs: -1n, rdev: 0n })
    native.unlinkAt(AT_FDCWD, raw)
    expect(existsSync(raw)).toBe(false)
  })

  it('renames without replacing and exchanges', async () => {
    await using s = scratch()
    writeFileSync(s.path('a'), 'a')
    writeFileSync(s.path('b'), 'b')
    await expect(native.renameAt({ from: s.path('a'), to: s.path('b'), noReplace: true })).rejects.toMatchObject({
      code: 'EEXIST',
    })
    await native.renameAt({ from: s.path('a'), to: s.path('b'), exchange: true })
    expect(readFileSync(s.path('a'), 'utf8')).toBe('b')
  })

  it('copies whole files, ranges and files of proc', async () => {
    await using s = scratch()
    const bytes = Buffer.alloc(300_000, 'abc')
    writeFileSync(s.path('from'), bytes)
    const from = openSync(s.path('from'), 'r')
    const to = openSync(s.path('to'), 'w')
    expect(await native.copyRange({ from, to, lengthBytes: 100 })).toEqual({ copiedBytes: 100, cloned: false })
    expect(await native.copyRange({ from, to })).toMatchObject({ copiedBytes: bytes.length - 100 })
    expect(readFileSync(s.path('to')).equals(bytes)).toBe(true)
    const proc = openSync('/proc/self/status', 'r')
    expect((await native.copyRange({ from: proc, to })).copiedBytes).toBeGreaterThan(100)
    for (const fd of [from, to, proc]) closeSync(fd)
  })

  it('counts hard links once', async () => {
    await using s = scratch()
    mkdirSync(s.path('t/d'), { recursive: true })
    writeFileSync(s.path('t/f'), Buffer.alloc(8192, 1))
    linkSync(s.path('t/f'), s.path('t/d/g'))
    symlinkSync('/', s.path('t/l'))
    const usage = await native.diskUsage(s.path('t'))
    expect(usage.inodes).toBe(4)
    expect(usage.sizeBytes).toBeGreaterThanOrEqual(8192 + 4096)
    expect(readlinkSync(s.path('t/l'))).toBe('/')
  })

  it('keeps binary attribute values', async () => {
    await using s = scratch()
    writeFileSync(s.path('f'), '')
    symlinkSync('f', s.path('l'))
    const value = Buffer.from([0, 0xff, 0x80, 0, 1])
    await native.setXattr(s.path('f'), 'user.bin', value)
    native.setXattrSync(s.path('l'), 'trusted.link', value)
    expect(native.getXattrSync(s.path('l'), 'user.bin')).toBeUndefined()
    expect(native.getXattrSync(s.path('l'), 'user.bin', { followSymlink: true })).toEqual(value)
    expect(await native.getXattr(s.path('l'), 'trusted.link')).toEqual(value)
    await expect(native.setXattr(s.path('f'), 'user.bin', value, { only: 'create' })).rejects.toMatchObject({
      code: 'EEXIST',
    })
    const big = Buffer.alloc(2000, 0xee)
    await native.setXattr(s.path('f'), 'user.big', big)
    expect((await native.listXattrs(s.path('f'))).map(String)).toEqual(['user.big', 'user.bin'])
    const fd = openSync(s.path('f'), 'r')
    expect(native.readXattrsSync({ fd })).toEqual([
      [Buffer.from('user.big'), big],
      [Buffer.from('user.bin'), value],
    ])
    closeSync(fd)
    expect(await native.removeXattr(s.path('f'), 'user.bin')).toBe(true)
    expect(await native.removeXattr(s.path('f'), 'user.bin')).toBe(false)
    expect(native.readXattrsSync('/proc/self/status')).toEqual([])
  })

  it('writes through a descriptor of a batch', async () => {
    await using s = scratch()
    const root = openSync(s.dir, 'r')
    const fd = native.applyBatchSync(root, [{ op: 'open', path: 'a/b/big' }]).results[0]?.fd
    if (fd === undefined) throw new Error('nothing was opened')
    native.writeAllSync(fd, Buffer.from('one '))
    writeSync(fd, 'two')
    expect(native.applyBatchSync(root, [{ op: 'finish', fd, mode: 0o640, uid: 1, gid: 2 }]).failure).toBeUndefined()
    expect(readFileSync(s.path('a/b/big'), 'utf8')).toBe('one two')
    expect(lstatSync(s.path('a/b/big'))).toMatchObject({ uid: 1, gid: 2, mode: constants.S_IFREG | 0o640 })
    closeSync(root)
  })
})
