// SPDX-License-Identifier: Apache-2.0
import { FailedPreconditionError, InvalidArgumentError } from '@containerd-ts/errdefs'
import { chmod, chown, lstat, mkdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A socket in the file system, and who may use it. */
export interface UnixAddress {
  readonly path: string
  /** Owners of the socket, and of its directory where that is made here. Default: those of the process. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/** The original's limit; the kernel's is 107. */
const maxPathBytes = 104

/**
 * Makes room for a socket: its directory where there is none (0770), a stale socket out of the way.
 *
 * @throws {InvalidArgumentError} the path is too long
 * @throws {FailedPreconditionError} something that is no socket has the name
 */
export async function prepareSocket({ path, uid, gid }: UnixAddress): Promise<void> {
  if (path === '') throw new InvalidArgumentError('path of unix socket is empty')
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new InvalidArgumentError(`path of unix socket "${path}" is longer than ${maxPathBytes} bytes`)
  }
  const directory = dirname(path)
  const made = await mkdir(directory, { recursive: true, mode: 0o770 })
  if (made !== undefined) {
    await chmod(directory, 0o770)
    await chown(directory, uid ?? process.geteuid?.() ?? 0, gid ?? process.getegid?.() ?? 0)
  }
  const existing = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (existing === undefined) return
  if (!existing.isSocket()) throw new FailedPreconditionError(`"${path}" exists and is no socket`)
  await unlink(path)
}

/** Sets the mode that clients rely on, then the owner. */
export async function securePath({ path, uid, gid }: UnixAddress): Promise<void> {
  await chmod(path, 0o660)
  await chown(path, uid ?? process.geteuid?.() ?? 0, gid ?? process.getegid?.() ?? 0)
}
