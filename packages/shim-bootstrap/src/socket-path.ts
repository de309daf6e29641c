// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** Where shims put their sockets unless told otherwise. */
export const DEFAULT_SOCKET_DIR = '/run/containerd/s'

/** Longest directory that leaves room for a 64-digit name in a socket address of 107 bytes. */
export const MAX_SOCKET_DIR_BYTES = 42

export interface SocketName {
  /** Address of the daemon's gRPC socket, as it is passed to shims. */
  readonly grpcAddress: string
  readonly namespace: string
  /** Container id, or the group that shares one shim. */
  readonly group: string
  readonly dir?: string | undefined
  /** The second socket, for debugging. */
  readonly debug?: boolean | undefined
}

/**
 * Path of a shim's socket: the hash of who it belongs to, so that `start` and tools agree on it without asking.
 *
 * @param sha256 - in hex, for a caller whose engine has it at hand
 */
export function shimSocketPath(name: SocketName, sha256: (text: string) => string = nodeSha256): string {
  const { grpcAddress, namespace, group, dir = DEFAULT_SOCKET_DIR, debug } = name
  return `${dir}/${sha256(posix.join(grpcAddress, namespace, group, ...(debug === true ? ['debug'] : [])))}`
}

/** Loads the module when it is called: that takes longer than all else in this package. */
const nodeSha256 = (text: string): string =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex')

/** @throws {InvalidArgumentError} not absolute, or too long for a socket address */
export function checkSocketDir(dir: string): string {
  if (!dir.startsWith('/')) throw new InvalidArgumentError(`socket_dir "${dir}" must be absolute`)
  if (Buffer.byteLength(dir) > MAX_SOCKET_DIR_BYTES) {
    throw new InvalidArgumentError(`socket_dir "${dir}" is longer than ${MAX_SOCKET_DIR_BYTES} bytes`)
  }
  return dir
}
