// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { native } from '@containerd-ts/native-sys'
import type { ApplyOp } from '@containerd-ts/native-sys'
import { describe, expect, it } from 'vitest'
import { openFds, scratch } from './scratch.ts'

function apply(dir: string, ops: readonly ApplyOp[]) {
  const root = openSync(dir, 'r')
  try {
    return native.applyBatchSync(root, ops)
  } finally {
    closeSync(root)
  }
}

describe.runIf(process.getuid?.() === 0)('batched changes of a tree', () => {
  it('makes each kind of entry with its metadata', async () => {
    await using s = scratch()
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
    const outcome = apply(s.dir, [
      { op: 'directory', path: 'd/', mode: 0o1777, uid: 7, gid: 8 },
      {
        op: 'file',
        path: './d/f',
        data: Buffer.from('hello'),
        mode: 0o4755,
        uid: 1,
        gid: 2,
        mtimeNs: 1_600_000_000_123_456_789n,
        xattrs: [['security.capability', capability]],
      },
      { op: 'symlink', path: 'd/l', target: '/outside', uid: 3, gid: 4, mtimeNs: 5n },
      { op: 'link', path: 'hard', target: '/d/f' },
      { op: 'node', path: 'd/null', type: constants.S_IFCHR, major: 1, minor: 3, mode: 0o666 },
      { op: 'node', path: 'd/fifo', type: constants.S_IFIFO, mode: 0o600 },
      { op: 'meta', path: 'd', mtimeNs: 9n },
    ])
    expect(outcome.failure).toBeUndefined()
    expect(outcome.results).toHaveLength(7)
    expect(lstatSync(s.path('d'), { bigint: true })).toMatchObject({
      uid: 7n,
      mtimeNs: 9n,
      mode: BigInt(constants.S_IFDIR | 0o1777),
    })
    expect(lstatSync(s.path('d/f'), { bigint: true })).toMatchObject({
      uid: 1n,
      mtimeNs: 1_600_000_000_123_456_789n,
      mode: BigInt(constants.S_IFREG | 0o4755),
      nlink: 2n,
    })
    expect(native.getXattrSync(s.path('d/f'), 'security.capability')).toEqual(capability)
    expect(lstatSync(s.path('d/l'), { bigint: true })).toMatchObject({ uid: 3n, mtimeNs: 5n })
    expect(readlinkSync(s.path('d/l'))).toBe('/outside')
    expect(lstatSync(s.path('d/null'))).toMatchObject({ rdev: 0x103, mode: constants.S_IFCHR | 0o666 })
    expect(lstatSync(s.path('d/fifo')).isFIFO()).toBe(true)
    expect(readFileSync(s.path('hard'), 'utf8')).toBe('hello')
  })

  it('cannot be led out of the root', async () => {
    await using s = scratch()
    for (const name of ['root', 'outside']) mkdirSync(s.path(name))
    symlinkSync(s.path('outside'), s.path('root/absolute'))
    symlinkSync('../outside', s.path('root/relative'))
    writeFileSync(s.path('outside/keep'), '')
    const ops: ApplyOp[] = [
      { op: 'file', path: '../outside/a', data: Buffer.from('x') },
      { op: 'file', path: 'relative/b', data: Buffer.from('x') },
      { op: 'link', path: 'c', target: '../outside/keep' },
      { op: 'remove', path: '../outside/keep' },
      { op: 'empty', path: 'absolute' },
      { op: 'meta', path: 'absolute/keep', mode: 0o777 },
    ]
    for (const op of ops) apply(s.path('root'), [op])
    expect(readdirSync(s.path('outside'))).toEqual(['keep'])
    expect(lstatSync(s.path('outside/keep')).mode & 0o777).not.toBe(0o777)
  })

  it('replaces what stands in the way, but keeps directories', async () => {
    await using s = scratch()
    apply(s.dir, [
      { op: 'file', path: 'x/deep/er/f', data: Buffer.from('1') },
      { op: 'file', path: 'y', data: Buffer.from('old') },
      { op: 'directory', path: 'd' },
      { op: 'file', path: 'd/keep' },
    ])
    const outcome = apply(s.dir, [
      { op: 'file', path: 'x', data: Buffer.from('now a file') },
      { op: 'symlink', path: 'y', target: 'd' },
      { op: 'directory', path: 'd', mode: 0o700 },
      { op: 'file', path: 'y/through', data: Buffer.from('2') },
    ])
    expect(outcome.failure).toBeUndefined()
    expect(readFileSync(s.path('x'), 'utf8')).toBe('now a file')
    expect(readdirSync(s.path('d')).sort()).toEqual(['keep', 'through'])
  })

  it('resolves a parent anew after it was replaced', async () => {
    await using s = scratch()
    const outcome = apply(s.dir, [
      { op: 'directory', path: 'other' },
      { op: 'file', path: 'a/one' },
      { op: 'symlink', path: 'a', target: 'other' },
      { op: 'file', path: 'a/two' },
      { op: 'remove', path: 'a' },
      { op: 'file', path: 'a/three' },
    ])
    expect(outcome.failure).toBeUndefined()
    expect(readdirSync(s.path('other'))).toEqual(['two'])
    expect(readdirSync(s.path('a'))).toEqual(['three'])
  })

  it('removes trees and empties directories; absent ones are fine', async () => {
    await using s = scratch()
    apply(s.dir, [
      { op: 'file', path: 'a/b/c/f' },
      { op: 'file', path: 'a/g' },
      { op: 'file', path: 'h/i' },
    ])
    expect(
      apply(s.dir, [
        { op: 'empty', path: 'a' },
        { op: 'remove', path: 'h' },
        { op: 'remove', path: 'none/at/all' },
        { op: 'empty', path: 'none' },
      ]).failure,
    ).toBeUndefined()
    expect(readdirSync(s.dir)).toEqual(['a'])
    expect(readdirSync(s.path('a'))).toEqual([])
  })

  it('stops at the first failure and says which', async () => {
    await using s = scratch()
    const before = openFds()
    const outcome = apply(s.dir, [
      { op: 'file', path: 'a' },
      { op: 'link', path: 'b', target: 'none' },
      { op: 'file', path: 'c' },
    ])
    expect(outcome.results).toHaveLength(1)
    expect(outcome.failure).toMatchObject({ index: 1, error: { code: 'ENOENT', path: 'b' } })
    expect(existsSync(s.path('c'))).toBe(false)
    expect(openFds()).toBe(before)
  })

  it('keeps names that are not UTF-8', async () => {
    await using s = scratch()
    apply(s.dir, [{ op: 'file', path: Uint8Array.of(0x61, 0xff, 0x62) }])
    expect(readdirSync(s.dir, { encoding: 'buffer' })).toEqual([Buffer.from([0x61, 0xff, 0x62])])
  })

  it('counts attributes the file system refuses', async () => {
    await using s = scratch()
    mkdirSync(s.path('m'))
    await native.mount({ source: 'ramfs', target: s.path('m'), type: 'ramfs' })
    expect(apply(s.path('m'), [{ op: 'file', path: 'f', xattrs: [['user.a', Buffer.from('b')]] }]).results).toEqual([
      { skippedXattrs: 1 },
    ])
  })

  it('works in a worker thread', async () => {
    await using s = scratch()
    const code = `import { openSync } from 'node:fs'; import { native } from '@containerd-ts/native-sys'
      const ops = Array.from({ length: 2000 }, (_, i) => ({ op: 'file', path: 'dir' + (i % 10) + '/f' + i, data: Buffer.from('x'), mode: 0o644 }))
      const { failure } = native.applyBatchSync(openSync(${JSON.stringify(s.dir)}, 'r'), ops); if (failure) throw failure.error`
    writeFileSync(`${import.meta.dirname}/.apply-worker.mjs`, code)
    try {
      const worker = new Worker(`${import.meta.dirname}/.apply-worker.mjs`, {
        execArgv: ['--conditions=@containerd-ts/source'],
      })
      expect(await once(worker, 'exit')).toEqual([0])
    } finally {
      native.unlinkAt(-100, `${import.meta.dirname}/.apply-worker.mjs`)
    }
    expect(readdirSync(s.path('dir3'))).toHaveLength(200)
  })
})
