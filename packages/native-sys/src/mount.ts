// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd } from './types.ts'

/** Flags of mount(2). */
export const MountFlag = {
  rdonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  synchronous: 0x10,
  remount: 0x20,
  mandlock: 0x40,
  dirsync: 0x80,
  nosymfollow: 0x100,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: 0x1000,
  move: 0x2000,
  rec: 0x4000,
  silent: 0x8000,
  posixacl: 0x10000,
  unbindable: 0x20000,
  private: 0x40000,
  slave: 0x80000,
  shared: 0x100000,
  relatime: 0x200000,
  iversion: 0x800000,
  strictatime: 0x1000000,
  lazytime: 0x2000000,
} as const

/** Attributes of mount_setattr(2) and fsmount(2). */
export const MountAttr = {
  rdonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  idmap: 0x100000,
  nosymfollow: 0x200000,
} as const

export interface MountRequest {
  readonly target: BytePath
  /** Device, directory or label; some file systems ignore it. */
  readonly source?: BytePath
  readonly type?: string
  /** Union of `MountFlag`. */
  readonly flags?: number
  /** Comma-separated file-system options; the kernel refuses a page (4096 bytes) or more. */
  readonly data?: string
  /** Mount inside this mount namespace (an open `/proc/PID/ns/mnt`); a short-lived child enters it, this process does not. */
  readonly mountNamespace?: Fd
}

export interface UnmountOptions {
  /** Detach now, clean up when no longer busy. */
  readonly lazy?: boolean
  readonly force?: boolean
  /** Follow a symbolic link at the end of the path; off by default. */
  readonly followSymlink?: boolean
  readonly mountNamespace?: Fd
}

/** A file system made by fsopen(2): no page limit on options, and the kernel's own words when it refuses. */
export interface NewMount {
  readonly target: BytePath
  readonly type: string
  /** Order is kept; a name alone is a flag. `['lowerdir+', '/layer']` may repeat. */
  readonly options: readonly (string | readonly [name: string, value: BytePath])[]
  /** Union of `MountAttr`. */
  readonly attributes?: number
}

export interface BindMount {
  readonly source: BytePath
  readonly target: BytePath
  readonly recursive?: boolean
  /** Attributes to set on the new mount only, in one step: it is never visible without them. */
  readonly attributes?: number
  readonly clear?: number
  readonly propagation?: 'private' | 'slave' | 'shared' | 'unbindable'
  /** Map owners through this user namespace (see `createNamespaces`). */
  readonly userNamespace?: Fd
}

export interface FileSystemStats {
  /** Magic number, such as 0xef53 for ext4, 0x794c7630 for overlayfs. */
  readonly type: number
  readonly blockSize: number
  readonly blocks: number
  readonly blocksFree: number
  readonly blocksAvailable: number
  readonly files: number
  readonly filesFree: number
  readonly nameMax: number
  /** Union of ST_* flags of statfs(2). */
  readonly flags: number
}

/** Mounts. Every call runs in the thread pool; nothing changes the calling process's namespaces. */
export interface MountCalls {
  /** mount(2), once: bind and read-only together need `bindMount` or a second call with `remount`. */
  mount(request: MountRequest): Promise<void>
  /** umount2(2). Resolves to false where nothing was mounted (EINVAL); a missing path rejects with ENOENT. */
  unmount(target: BytePath, options?: UnmountOptions): Promise<boolean>
  /** fsopen, fsconfig for each option, fsmount, move_mount. @throws {SyscallError} ENOSYS on kernels before 5.2 */
  mountNew(request: NewMount): Promise<void>
  /** open_tree, mount_setattr, move_mount. @throws {SyscallError} ENOSYS on kernels before 5.12 */
  bindMount(request: BindMount): Promise<void>
  statfs(path: BytePath): Promise<FileSystemStats>
  /** Flushes the whole file system that holds the open file. */
  syncfs(fd: Fd): Promise<void>
}
