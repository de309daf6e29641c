// SPDX-License-Identifier: Apache-2.0
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { SyscallError } from '../errors.ts'
import type { SocketCalls } from '../socket.ts'
import type { Fd, WaitOptions } from '../types.ts'
import { checkBytes, checkFd, guard, shown } from './guard.ts'
import { binding } from './load.ts'
import { monitorCalls } from './monitor.ts'

const types = { stream: 1, dgram: 2, seqpacket: 5 } as const
const EPROTO = 71
const ENOTTY = 25
/** Longest name of a pty in the console protocol. */
const maxConsoleName = 4096

const waiting = ({ signal }: WaitOptions): WaitOptions => (signal === undefined ? {} : { signal })

/** The descriptor under a socket of `node:net`. */
function fdOf(socket: Fd | Socket): Fd {
  const fd = typeof socket === 'number' ? socket : (socket as unknown as { _handle?: { fd?: number } })._handle?.fd
  if (fd === undefined)
    throw new InvalidArgumentError('the socket has no file descriptor: closed, or not yet connected')
  checkFd(fd, 'socket')
  return fd
}

function checkSocketPath(path: string): void {
  if (path.length === 0 || path.includes('\0', 1))
    throw new InvalidArgumentError('socket path is empty or holds a NUL byte')
}

async function acceptUnix(listener: Fd, options: WaitOptions = {}): Promise<Fd> {
  checkFd(listener, 'listener')
  for (;;) {
    await monitorCalls.waitReadable(listener, waiting(options))
    const fd = guard(() => binding().tryAccept(listener))
    if (fd >= 0) return fd
  }
}

export const socketCalls: SocketCalls = {
  socketPair(type = 'stream') {
    return guard(() => binding().socketpair(types[type]))
  },

  listenUnix(path, { backlog = 128, mode = -1 } = {}) {
    checkSocketPath(path)
    return guard(() => binding().listenUnix(path, backlog, mode), path)
  },

  connectUnix(path) {
    checkSocketPath(path)
    return guard(() => binding().connectUnix(path), path)
  },

  acceptUnix,

  async sendFds(socket, data, fds, options = {}) {
    checkFd(socket, 'socket')
    checkBytes(data, 'data')
    if (data.length === 0) throw new InvalidArgumentError('a message with descriptors needs at least one byte')
    for (const fd of fds) checkFd(fd)
    let sent = 0
    while (sent === 0) {
      await monitorCalls.waitWritable(socket, waiting(options))
      sent = guard(() => binding().trySendFds(socket, data, fds))
    }
    // The descriptors went with the first byte; what a full stream did not take follows alone.
    while (sent < data.length) {
      await monitorCalls.waitWritable(socket, waiting(options))
      sent += guard(() => binding().trySendFds(socket, data.subarray(sent), []))
    }
  },

  async receiveFds(socket, { maxBytes = 65536, ...options } = {}) {
    checkFd(socket, 'socket')
    for (;;) {
      await monitorCalls.waitReadable(socket, waiting(options))
      const message = guard(() => binding().tryReceiveFds(socket, maxBytes))
      if (message !== undefined) return { data: message[0], fds: message[1] }
    }
  },

  async receiveConsole(listener, options = {}) {
    const connection = await acceptUnix(listener, options)
    try {
      const { data, fds } = await socketCalls.receiveFds(connection, { ...waiting(options), maxBytes: maxConsoleName })
      const [fd] = fds
      const name = shown(data)
      const right = fds.length === 1 && fd !== undefined && data.length < maxConsoleName
      if (right && guard(() => binding().isatty(fd)) === 1) return { name, fd }
      for (const received of fds) closeSync(received)
      if (!right)
        throw new SyscallError({
          code: 'EPROTO',
          errno: -EPROTO,
          syscall: 'recvmsg',
          detail: `console socket: ${fds.length} descriptors`,
        })
      throw new SyscallError({ code: 'ENOTTY', errno: -ENOTTY, syscall: 'isatty', path: name })
    } finally {
      closeSync(connection)
    }
  },

  peerCredentials(socket) {
    const fd = fdOf(socket)
    const [pid, uid, gid] = guard(() => binding().peerCredentials(fd))
    return { pid, uid, gid }
  },
}
