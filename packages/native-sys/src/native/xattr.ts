// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '@containerd-ts/errdefs'
import type { BytePath, Fd } from '../types.ts'
import type { SetXattrOptions, XattrCalls, XattrOptions, XattrTarget } from '../xattr.ts'
import { checkBytes, checkFd, checkPath, guard, guardAsync } from './guard.ts'
import { binding } from './load.ts'

const XATTR_CREATE = 1
const XATTR_REPLACE = 2

interface Place {
  readonly path: BytePath
  readonly fd: Fd
  readonly follow: boolean
}

function place(target: XattrTarget, { followSymlink = false }: XattrOptions = {}): Place {
  if (typeof target === 'object' && 'fd' in target) {
    checkFd(target.fd)
    return { path: '', fd: target.fd, follow: false }
  }
  checkPath(target)
  return { path: target, fd: -1, follow: followSymlink }
}

const setFlags = ({ only }: SetXattrOptions): number =>
  only === undefined ? 0 : only === 'create' ? XATTR_CREATE : XATTR_REPLACE

function checked(name: BytePath, value?: Uint8Array): void {
  checkPath(name, 'attribute name')
  if (value !== undefined) checkBytes(value, 'attribute value')
}

export const xattrCalls: XattrCalls = {
  async getXattr(target, name, options) {
    const { path, fd, follow } = place(target, options)
    checked(name)
    return guardAsync(async () => binding().getxattr(path, fd, follow, name, false), path)
  },

  getXattrSync(target, name, options) {
    const { path, fd, follow } = place(target, options)
    checked(name)
    return guard(() => binding().getxattr(path, fd, follow, name, true) as Buffer | undefined, path)
  },

  async setXattr(target, name, value, options = {}) {
    const { path, fd, follow } = place(target, options)
    checked(name, value)
    await guardAsync(async () => binding().setxattr(path, fd, follow, name, value, setFlags(options), false), path)
  },

  setXattrSync(target, name, value, options = {}) {
    const { path, fd, follow } = place(target, options)
    checked(name, value)
    void guard(() => binding().setxattr(path, fd, follow, name, value, setFlags(options), true), path)
  },

  async removeXattr(target, name, options) {
    const { path, fd, follow } = place(target, options)
    checked(name)
    try {
      await guardAsync(() => binding().removexattr(path, fd, follow, name), path)
      return true
    } catch (error) {
      if (errnoOf(error) !== 'ENODATA') throw error
      return false
    }
  },

  async listXattrs(target, options) {
    const { path, fd, follow } = place(target, options)
    return guardAsync(() => binding().listxattr(path, fd, follow), path)
  },

  readXattrsSync(target, options) {
    const { path, fd, follow } = place(target, options)
    return guard(() => binding().readxattrs(path, fd, follow), path)
  },
}
