// SPDX-License-Identifier: Apache-2.0
import { AT_FDCWD, Resolve } from '../file.ts'
import type { FileCalls } from '../file.ts'
import { checkDirFd, checkFd, checkInteger, checkPath, guard, guardAsync } from './guard.ts'
import { binding } from './load.ts'

const AT_REMOVEDIR = 0x200
const RENAME_NOREPLACE = 1
const RENAME_EXCHANGE = 2
const flockOperations = { shared: 1, exclusive: 2, unlock: 8 } as const
const maxId = 0xffffffff

export const fileCalls: FileCalls = {
  openAt(dirFd, path, { flags, mode = 0, resolve = Resolve.inRoot }) {
    checkDirFd(dirFd)
    checkPath(path)
    return guard(() => binding().openat2(dirFd, path, flags, mode, resolve), path)
  },

  close(fd) {
    checkFd(fd)
    guard(() => binding().close(fd))
  },

  async fsyncDirectory(path) {
    checkPath(path)
    await guardAsync(() => binding().fsyncDirectory(path), path)
  },

  tryLock(fd) {
    checkFd(fd)
    const holder = guard(() => binding().setlk(fd))
    return holder === 0 ? { acquired: true } : { acquired: false, holderPid: holder < 0 ? undefined : holder }
  },

  tryFlock(fd, kind) {
    checkFd(fd)
    return guard(() => binding().flock(fd, flockOperations[kind]))
  },

  mknod(dirFd, path, mode, { major, minor }) {
    checkDirFd(dirFd)
    checkPath(path)
    checkInteger(major, 'major', 0, maxId)
    checkInteger(minor, 'minor', 0, maxId)
    guard(() => binding().mknodat(dirFd, path, mode, major, minor), path)
  },

  lchown(dirFd, path, uid, gid) {
    checkDirFd(dirFd)
    checkPath(path)
    checkInteger(uid, 'uid', 0, maxId)
    checkInteger(gid, 'gid', 0, maxId)
    guard(() => binding().fchownat(dirFd, path, uid, gid), path)
  },

  setTimes(dirFd, path, { atimeNs, mtimeNs }) {
    checkDirFd(dirFd)
    checkPath(path)
    guard(() => binding().utimensat(dirFd, path, atimeNs ?? null, mtimeNs ?? null), path)
  },

  unlinkAt(dirFd, path, { directory = false } = {}) {
    checkDirFd(dirFd)
    checkPath(path)
    guard(() => binding().unlinkat(dirFd, path, directory ? AT_REMOVEDIR : 0), path)
  },

  async renameAt({ fromDir = AT_FDCWD, from, toDir = AT_FDCWD, to, noReplace = false, exchange = false }) {
    checkDirFd(fromDir)
    checkDirFd(toDir)
    checkPath(from, 'from')
    checkPath(to, 'to')
    const flags = (noReplace ? RENAME_NOREPLACE : 0) | (exchange ? RENAME_EXCHANGE : 0)
    await guardAsync(() => binding().renameat2(fromDir, from, toDir, to, flags), from)
  },

  async copyRange({ from, to, lengthBytes = -1 }) {
    checkFd(from, 'from')
    checkFd(to, 'to')
    const [copiedBytes, cloned] = await guardAsync(() => binding().copyRange(from, to, lengthBytes))
    return { copiedBytes, cloned }
  },

  async diskUsage(path) {
    checkPath(path)
    const [sizeBytes, inodes] = await guardAsync(() => binding().diskUsage(path), path)
    return { sizeBytes, inodes }
  },
}
