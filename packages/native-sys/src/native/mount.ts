// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '@containerd-ts/errdefs'
import { MountAttr } from '../mount.ts'
import type { FileSystemStats, MountCalls } from '../mount.ts'
import { checkFd, checkPath, guardAsync } from './guard.ts'
import { binding } from './load.ts'

const MNT_FORCE = 1
const MNT_DETACH = 2
const UMOUNT_NOFOLLOW = 8
const propagations = { unbindable: 0x20000, private: 0x40000, slave: 0x80000, shared: 0x100000 } as const

export const mountCalls: MountCalls = {
  async mount({ source = '', target, type = '', flags = 0, data = '', mountNamespace = -1 }) {
    checkPath(target, 'target')
    checkPath(source, 'source', true)
    await guardAsync(() => binding().mount(source, target, type, flags, data, mountNamespace), target)
  },

  async unmount(target, { lazy = false, force = false, followSymlink = false, mountNamespace = -1 } = {}) {
    checkPath(target, 'target')
    const flags = (lazy ? MNT_DETACH : 0) | (force ? MNT_FORCE : 0) | (followSymlink ? 0 : UMOUNT_NOFOLLOW)
    try {
      await guardAsync(() => binding().umount2(target, flags, mountNamespace), target)
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EINVAL') throw error // EINVAL: not a mount point
      return false
    }
  },

  async mountNew({ target, type, options, attributes = 0 }) {
    checkPath(target, 'target')
    const names = options.map((option) => (typeof option === 'string' ? option : option[0]))
    const values = options.map((option) => (typeof option === 'string' ? null : option[1]))
    for (const name of names) checkPath(name, 'option')
    for (const value of values) if (value !== null) checkPath(value, 'option value', true)
    await guardAsync(() => binding().mountNew(type, target, attributes, names, values), target)
  },

  async bindMount({ source, target, recursive = false, attributes = 0, clear = 0, propagation, userNamespace = -1 }) {
    checkPath(source, 'source')
    checkPath(target, 'target')
    if (userNamespace !== -1) checkFd(userNamespace, 'user namespace')
    const set = attributes & ~MountAttr.idmap
    const propagate = propagation === undefined ? 0 : propagations[propagation]
    await guardAsync(() => binding().bindMount(source, target, recursive, set, clear, propagate, userNamespace), target)
  },

  async statfs(path) {
    checkPath(path)
    return (await guardAsync(() => binding().statfs(path), path)) as unknown as FileSystemStats
  },

  async syncfs(fd) {
    checkFd(fd)
    await guardAsync(() => binding().syncfs(fd))
  },
}
