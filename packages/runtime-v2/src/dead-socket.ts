// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { errnoOf } from '@containerd-ts/errdefs'
import { endpointOf, readBootstrap, type BootstrapResult } from '@containerd-ts/shim-bootstrap'

/**
 * Unlinks the socket of a shim when nobody listens on it any more: a shim that was killed leaves it behind. One that
 * other containers of a group still use is left alone.
 */
export async function removeDeadSocket(endpoint: BootstrapResult): Promise<void> {
  const { path } = endpointOf(endpoint)
  if (!path.startsWith('/') || !existsSync(path)) return
  const socket = connect({ path })
  try {
    await once(socket, 'connect')
  } catch (error) {
    if (errnoOf(error) === 'ECONNREFUSED') await unlink(path)
    else if (errnoOf(error) !== 'ENOENT') throw error
  } finally {
    socket.destroy()
  }
}

/** Likewise for the socket of which a bundle has a record, if any. */
export async function removeRecordedSocket(bundle: string): Promise<void> {
  const endpoint = await readBootstrap(bundle).catch(() => undefined)
  if (endpoint !== undefined) await removeDeadSocket(endpoint)
}
