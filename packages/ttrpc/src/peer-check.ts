// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import type { PeerCredentials, SocketCalls } from '@containerd-ts/native-sys'

/** Decides whether a freshly accepted peer may talk; a refused one just sees the socket close. */
export type PeerCheck = (socket: Socket) => boolean

/**
 * Lets only peers in that run as the same user and group as this process (SO_PEERCRED), as the original's shim and
 * daemon do. Credentials are those at connect time.
 */
export function sameOwner(
  sockets: Pick<SocketCalls, 'peerCredentials'>,
  self: Pick<PeerCredentials, 'uid' | 'gid'> = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 },
): PeerCheck {
  return (socket) => {
    const peer = sockets.peerCredentials(socket)
    return peer.uid === self.uid && peer.gid === self.gid
  }
}
