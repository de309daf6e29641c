// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd } from './types.ts'

/** `how.resolve` of openat2(2). */
export const Resolve = {
  noXdev: 0x01,
  noMagiclinks: 0x02,
  noSymlinks: 0x04,
  beneath: 0x08,
  inRoot: 0x10,
  cached: 0x20,
} as const

/** Stands for the current directory in calls that take a directory fd. */
export const AT_FDCWD = -100

export interface OpenAt {
  /** Flags of open(2) (`fs.constants`); O_CLOEXEC is always added. */
  readonly flags: number
  /** Permission bits for O_CREAT; default 0. */
  readonly mode?: number
  /** Union of `Resolve`; default `inRoot`, which makes absolute links and `..` stay under `dirFd`. */
  readonly resolve?: number
}

export interface Rename {
  readonly fromDir?: Fd
  readonly from: BytePath
  readonly toDir?: Fd
  readonly to: BytePath
  readonly noReplace?: boolean
  readonly exchange?: boolean
}

export type LockResult =
  | { readonly acquired: true }
  | { readonly acquired: false; readonly holderPid: number | undefined }

export interface DiskUsage {
  /** Allocated blocks times 512. */
  readonly sizeBytes: number
  /** Distinct inodes, the top directory included. */
  readonly inodes: number
}

export interface CopyRange {
  readonly from: Fd
  readonly to: Fd
  /** Omitted: until the end of `from`. */
  readonly lengthBytes?: number
}

export interface FileTimes {
  /** Nanoseconds since the epoch; omitted: left alone. */
  readonly atimeNs?: bigint
  readonly mtimeNs?: bigint
}

/** Files, relative to directory fds, byte-exact names. */
export interface FileCalls {
  /** openat2(2). Does not block on regular files and directories; add O_NONBLOCK where a FIFO may stand. */
  openAt(dirFd: Fd, path: BytePath, options: OpenAt): Fd
  close(fd: Fd): void
  /** Makes names created, renamed or removed in a directory durable. */
  fsyncDirectory(path: BytePath): Promise<void>
  /**
   * fcntl(2) write lock on the whole file, without waiting. Held by this process until the fd closes,
   * and lost when *any* fd of the same file in this process closes: open a lock file once.
   */
  tryLock(fd: Fd): LockResult
  /** flock(2), without waiting; true when taken. Bound to the open file, not the process. */
  tryFlock(fd: Fd, kind: 'shared' | 'exclusive' | 'unlock'): boolean
  /** mknod(2): `mode` holds the type bits (S_IFCHR ...) and the permissions; umask applies. */
  mknod(dirFd: Fd, path: BytePath, mode: number, device: { readonly major: number; readonly minor: number }): void
  /** fchownat(2) without following a link at the end. */
  lchown(dirFd: Fd, path: BytePath, uid: number, gid: number): void
  /** utimensat(2) with nanoseconds, without following a link at the end. */
  setTimes(dirFd: Fd, path: BytePath, times: FileTimes): void
  unlinkAt(dirFd: Fd, path: BytePath, options?: { readonly directory?: boolean }): void
  /** renameat2(2). */
  renameAt(rename: Rename): Promise<void>
  /** Copies from the current offsets: FICLONE for whole files, else copy_file_range, else sendfile, else read and write. */
  copyRange(range: CopyRange): Promise<{ readonly copiedBytes: number; readonly cloned: boolean }>
  /** What a tree takes on disk, hard links counted once, symbolic links not followed. Vanishing entries are skipped. */
  diskUsage(path: BytePath): Promise<DiskUsage>
}
