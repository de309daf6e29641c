// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '@containerd-ts/errdefs'
import { MountFlag, type Fd, type MountCalls } from '@containerd-ts/native-sys'
import { attributesOf } from './overlay-mount.ts'

export interface BindMountRequest {
  readonly source: string
  readonly target: string
  readonly flags: number
  readonly userNamespace?: Fd | undefined
}

/** Flags of mount(2) that belong to the mount, not to the file system; a bind takes them in a second call only. */
const perMount =
  MountFlag.rdonly |
  MountFlag.nosuid |
  MountFlag.nodev |
  MountFlag.noexec |
  MountFlag.noatime |
  MountFlag.nodiratime |
  MountFlag.relatime

/**
 * Binds with its attributes in one step, so that nobody sees a read-only bind writable; by two calls of mount(2) on
 * kernels before 5.12. There the flags that are on the source already are kept: inside a user namespace they are locked.
 */
export async function mountBind(calls: MountCalls, request: BindMountRequest): Promise<void> {
  const { source, target, flags, userNamespace } = request
  try {
    await calls.bindMount({
      source,
      target,
      recursive: (flags & MountFlag.rec) !== 0,
      attributes: attributesOf(flags),
      ...(userNamespace === undefined ? {} : { userNamespace }),
    })
  } catch (error) {
    if (errnoOf(error) !== 'ENOSYS' || userNamespace !== undefined) throw error
    await calls.mount({ source, target, flags: flags & (MountFlag.bind | MountFlag.rec) })
    if ((flags & perMount) === 0) return
    const locked = (await calls.statfs(target)).flags & perMount
    try {
      await calls.mount({ target, flags: MountFlag.bind | MountFlag.remount | (flags & perMount) | locked })
    } catch (cause) {
      await calls.unmount(target, { lazy: true })
      throw cause
    }
  }
}
