// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import type { Fd, WaitOptions } from './types.ts'

export interface PeerCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

export interface FdMessage {
  readonly data: Buffer
  readonly fds: readonly Fd[]
}

export interface ListenUnix {
  /** Default 128. */
  readonly backlog?: number
  /** Permission bits of the socket file, set before it listens; default: by umask. */
  readonly mode?: number
}

/** Unix sockets. A path that starts with NUL is abstract. */
export interface SocketCalls {
  socketPair(type?: 'stream' | 'dgram' | 'seqpacket'): readonly [Fd, Fd]
  /** A bound, listening, non-blocking socket to serve on or to hand down. @throws {SyscallError} EADDRINUSE, ENAMETOOLONG over 107 bytes */
  listenUnix(path: string, options?: ListenUnix): Fd
  /** Connects without waiting. @throws {SyscallError} ECONNREFUSED, ENOENT */
  connectUnix(path: string): Fd
  /** One connection, non-blocking. */
  acceptUnix(listener: Fd, options?: WaitOptions): Promise<Fd>
  /** One message with descriptors (SCM_RIGHTS); `data` holds at least one byte. The fds stay the caller's. */
  sendFds(socket: Fd, data: Uint8Array, fds: readonly Fd[], options?: WaitOptions): Promise<void>
  /** One message; received fds are close-on-exec and the caller's. No data and no fds: the peer closed. */
  receiveFds(socket: Fd, options?: WaitOptions & { readonly maxBytes?: number }): Promise<FdMessage>
  /**
   * The console-socket protocol: accepts one connection, receives one message with exactly one fd, which must be a
   * terminal. @throws {SyscallError} EPROTO when the message is not that, ENOTTY
   */
  receiveConsole(listener: Fd, options?: WaitOptions): Promise<{ readonly name: string; readonly fd: Fd }>
  /** SO_PEERCRED: who connected, as of then. */
  peerCredentials(socket: Fd | Socket): PeerCredentials
}
