// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '@containerd-ts/errdefs'
import { sleep } from '@containerd-ts/lifecycle'
import type { Fd, FileCalls, SocketCalls } from '@containerd-ts/native-sys'

export type SocketBindCalls = Pick<SocketCalls, 'listenUnix' | 'connectUnix'> & Pick<FileCalls, 'close'>

/** `bound`: a socket of our own, listening. `joined`: another process serves at that path already. */
export type BoundSocket = { readonly kind: 'bound'; readonly fd: Fd } | { readonly kind: 'joined' }

/** A socket between bind and listen refuses connections too: give its owner that long before it counts as dead. */
const patienceMs = 100
const probeMs = 10

/** Listens at `path`, replacing what a dead process left there. The directory is made for root only. */
export async function bindOrJoin(path: string, sys: SocketBindCalls): Promise<BoundSocket> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  for (let replaced = 0; ; replaced++) {
    try {
      return { kind: 'bound', fd: sys.listenUnix(path, { mode: 0o600 }) }
    } catch (error) {
      if (errnoOf(error) !== 'EADDRINUSE' || replaced > 3) throw error
    }
    if (await isServed(path, sys)) return { kind: 'joined' }
    rmSync(path, { force: true })
  }
}

/** Listens at `path` whoever was there before. */
export function bindAnew(path: string, sys: SocketBindCalls): Fd {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(path, { force: true })
  return sys.listenUnix(path, { mode: 0o600 })
}

/** Removes the socket of a process that is gone; one that somebody serves stays. */
export async function removeIfDead(path: string, sys: SocketBindCalls): Promise<void> {
  if (existsSync(path) && !(await isServed(path, sys))) rmSync(path, { force: true })
}

async function isServed(path: string, sys: SocketBindCalls): Promise<boolean> {
  const end = Date.now() + patienceMs
  for (;;) {
    try {
      sys.close(sys.connectUnix(path))
      return true
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'EAGAIN') return true // its backlog is full: somebody listens
      if (errno === 'ENOENT' || Date.now() >= end) return false
    }
    await sleep(probeMs)
  }
}
