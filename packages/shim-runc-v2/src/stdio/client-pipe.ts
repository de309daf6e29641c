// SPDX-License-Identifier: Apache-2.0
import { constants, openSync } from 'node:fs'
import { errnoOf } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import type { Fd } from '@containerd-ts/native-sys'
import type { OwnedFds } from '@containerd-ts/runc'

/**
 * The client's end of an output stream: a FIFO or a regular file, never made here. Of a FIFO a read end is kept as
 * well: when the client detaches, the container neither fails nor is signalled, its output waits.
 * @returns the writing end, owned by `fds`
 */
export async function openOutput(path: string, fds: OwnedFds, signal: AbortSignal): Promise<Fd> {
  try {
    const write = fds.own(await native.openFifo(path, { access: 'write', signal }))
    fds.own(await native.openFifo(path, { access: 'read', signal }))
    return write
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') return fds.own(openSync(path, constants.O_WRONLY | constants.O_APPEND))
    throw new Error(`containerd-shim: opening w/o fifo ${JSON.stringify(path)} failed`, { cause: error })
  }
}

export interface ClientInput {
  readonly read: Fd
  /** Keeps the FIFO from ending when clients detach; closing it is CloseIO. */
  readonly keeper: Fd | undefined
}

/** The client's end of an input stream. Both descriptors are owned by `fds`. */
export async function openInput(path: string, fds: OwnedFds, signal: AbortSignal): Promise<ClientInput> {
  try {
    const read = fds.own(await native.openFifo(path, { access: 'read', signal }))
    const keeper = fds.own(await native.openFifo(path, { access: 'write', signal }))
    return { read, keeper }
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') return { read: fds.own(openSync(path, constants.O_RDONLY)), keeper: undefined }
    throw new Error(`open stdin ${path}`, { cause: error })
  }
}
