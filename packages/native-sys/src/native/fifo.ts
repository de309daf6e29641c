// SPDX-License-Identifier: Apache-2.0
import { closeSync, constants } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { FifoCalls, OpenFifo, Relay, RelayOptions, RelayResult } from '../fifo.ts'
import type { BytePath, Fd } from '../types.ts'
import { checkBytes, checkFd, checkInteger, checkPath, guard, guardAsync, tolerate } from './guard.ts'
import { addWatch } from './hub.ts'
import { binding } from './load.ts'
import { failureOf, monitorCalls } from './monitor.ts'

const commandFinish = 1
const commandClose = 2
const outcomes = ['eof', 'broken', 'closed'] as const
/** How long at most a new reader of a FIFO waits until its writer is there. */
const pollMs = 10

async function openFifo(path: BytePath, { access, signal }: OpenFifo): Promise<Fd> {
  checkPath(path)
  signal?.throwIfAborted()
  // The handle pins the FIFO itself: a name that changes meanwhile makes no difference.
  const handle = guard(() => binding().openFifoHandle(path), path)
  try {
    if (access === 'read') return guard(() => binding().reopen(handle, constants.O_RDONLY), path)
    if (access === 'read-write') return guard(() => binding().reopen(handle, constants.O_RDWR), path)
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, pollMs)) {
      const fd = tolerate(['ENXIO'], () => guard(() => binding().reopen(handle, constants.O_WRONLY), path), undefined)
      if (fd !== undefined) return fd
      await delay(waitMs).then(() => signal?.throwIfAborted())
    }
  } finally {
    closeSync(handle)
  }
}

function relay({ from, to, end = 'eof', onBroken = 'end' }: RelayOptions): Relay {
  checkFd(from, 'from')
  checkFd(to, 'to')
  const { promise, resolve, reject } = Promise.withResolvers<RelayResult>()
  const id = addWatch(
    (newId) => guard(() => binding().monitorRelay(newId, from, to, end === 'pty', onBroken === 'discard')),
    ({ a, b }) => {
      const ended = outcomes[b]
      if (ended === undefined) reject(failureOf(-b, 'relay'))
      else resolve({ bytes: a, ended })
    },
  )
  return {
    done: promise,
    finish: () => binding().monitorCommand(id, commandFinish),
    close: () => binding().monitorCommand(id, commandClose),
  }
}

export const fifoCalls: FifoCalls = {
  async makeFifo(path, mode) {
    checkPath(path)
    checkInteger(mode, 'mode', 0, 0o7777)
    await guardAsync(() => binding().mkfifo(path, mode), path)
  },

  openFifo,
  relay,

  async readFd(fd, { maxBytes = 65536, signal } = {}) {
    checkFd(fd)
    for (;;) {
      await monitorCalls.waitReadable(fd, signal === undefined ? {} : { signal })
      const bytes = guard(() => binding().tryRead(fd, maxBytes))
      if (bytes !== undefined) return bytes
    }
  },

  async writeFd(fd, data, { signal } = {}) {
    checkFd(fd)
    checkBytes(data, 'data')
    for (let done = 0; done < data.length;) {
      await monitorCalls.waitWritable(fd, signal === undefined ? {} : { signal })
      done += guard(() => binding().tryWrite(fd, data, done))
    }
  },

  pipe({ nonBlocking = false } = {}) {
    const [read, write] = guard(() => binding().pipe2(nonBlocking))
    return { read, write }
  },

  dup(fd, minimum = 3) {
    checkFd(fd)
    return guard(() => binding().dup(fd, minimum))
  },

  dupTo(fd, target, { inherit = false } = {}) {
    checkFd(fd)
    checkFd(target, 'target')
    guard(() => binding().dup3(fd, target, inherit))
  },

  setNonBlocking(fd, enabled) {
    checkFd(fd)
    guard(() => binding().setNonBlocking(fd, enabled))
  },

  setCloseOnExec(fd, enabled) {
    checkFd(fd)
    guard(() => binding().setCloseOnExec(fd, enabled))
  },

  eventFd: (initial = 0) => guard(() => binding().eventfd(initial)),
}
