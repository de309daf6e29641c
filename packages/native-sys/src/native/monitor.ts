// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import { errnoOf } from '@containerd-ts/errdefs'
import { SyscallError } from '../errors.ts'
import { Inotify } from '../monitor.ts'
import type { InotifyEvent, MonitorCalls, OomNotice, Watch } from '../monitor.ts'
import type { BytePath, Fd, WaitOptions } from '../types.ts'
import { checkFd, checkPath, guard, shown } from './guard.ts'
import { addWatch, removeWatch } from './hub.ts'
import { binding } from './load.ts'

/** The error for an errno that the native thread reports. */
export function failureOf(errno: number, syscall: string): SyscallError {
  return new SyscallError({ code: getSystemErrorName(-errno), errno: -errno, syscall })
}

/** A watch around an id that is known only once the native side has it. */
function watchOf(open: (end: () => void) => number): Watch {
  const { promise, resolve } = Promise.withResolvers<void>()
  const id = open(resolve)
  return {
    ended: promise,
    [Symbol.dispose]() {
      removeWatch(id)
      resolve()
    },
  }
}

function watchEventFd(
  fd: Fd,
  onSignal: (count: number) => void,
  { ref = true }: { readonly ref?: boolean } = {},
): Watch {
  checkFd(fd)
  return watchOf((end) =>
    addWatch(
      (id) => guard(() => binding().monitorEventFd(id, fd)),
      (event) => (event.last ? end() : onSignal(event.a)),
      ref,
    ),
  )
}

/** Splits what inotify(7) hands out: wd, mask, cookie, length, name padded with NULs. */
function* inotifyRecords(bytes: Buffer): Generator<{ descriptor: number; mask: number; name: string }> {
  for (let at = 0; at + 16 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 12)
    const name = bytes.subarray(at + 16, at + 16 + length)
    const end = name.indexOf(0)
    yield {
      descriptor: bytes.readInt32LE(at),
      mask: bytes.readUInt32LE(at + 4),
      name: name.toString('utf8', 0, end < 0 ? length : end),
    }
    at += 16 + length
  }
}

function watchInotify(
  paths: readonly { readonly path: BytePath; readonly mask: number }[],
  onEvent: (event: InotifyEvent) => void,
  { ref = true }: { readonly ref?: boolean } = {},
): Watch {
  for (const { path } of paths) checkPath(path)
  const fd = guard(() => binding().inotifyInit())
  const names = new Map<number, string>()
  try {
    for (const { path, mask } of paths)
      names.set(
        guard(() => binding().inotifyAdd(fd, path, mask), path),
        shown(path),
      )
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return watchOf((end) => {
    const id = addWatch(
      (newId) => guard(() => binding().monitorInotify(newId, fd)),
      (event) => {
        if (event.last) return end()
        for (const { descriptor, mask, name } of inotifyRecords(event.bytes)) {
          const path = names.get(descriptor)
          if (path === undefined) continue
          if ((mask & Inotify.ignored) !== 0) names.delete(descriptor)
          onEvent({ path, mask, name })
        }
        if (names.size > 0) return
        removeWatch(id) // everything watched is gone
        end()
      },
      ref,
    )
    return id
  })
}

/** Registers an eventfd with the v1 hierarchy: `<eventfd> <fd of memory.oom_control>` in cgroup.event_control. */
function watchOomV1(directory: string, onOom: (notice: OomNotice) => void): Watch {
  const eventFd = guard(() => binding().eventfd(0))
  let control: number | undefined
  try {
    control = openSync(join(directory, 'memory.oom_control'), 'r')
    writeFileSync(join(directory, 'cgroup.event_control'), `${eventFd} ${control} `)
  } catch (error) {
    closeSync(eventFd)
    throw error
  } finally {
    if (control !== undefined) closeSync(control)
  }
  // The kernel signals once more when the cgroup goes away.
  const watch = watchEventFd(
    eventFd,
    () => {
      if (cgroupExists(directory)) onOom({ kills: 1 })
      else watch[Symbol.dispose]()
    },
    { ref: false },
  )
  return watch
}

function cgroupExists(directory: string): boolean {
  try {
    readFileSync(join(directory, 'cgroup.procs'))
    return true
  } catch (error) {
    return errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENODEV'
  }
}

function oomKills(directory: string): number | undefined {
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync(join(directory, 'memory.events'), 'utf8'))
    return match?.[1] === undefined ? undefined : Number(match[1])
  } catch {
    return undefined // the cgroup is gone
  }
}

function watchOomV2(directory: string, onOom: (notice: OomNotice) => void): Watch {
  const paths = ['memory.events', 'cgroup.events'].map((name) => ({
    path: join(directory, name),
    mask: Inotify.modify,
  }))
  let seen = 0
  const look = (): void => {
    const kills = oomKills(directory)
    if (kills === undefined || kills <= seen) return
    const grown = kills - seen
    seen = kills
    onOom({ kills: grown })
  }
  const watch = watchInotify(paths, look, { ref: false })
  seen = oomKills(directory) ?? 0
  return {
    ended: watch.ended,
    [Symbol.dispose]() {
      look() // a kill that ended the container may not have been told yet
      watch[Symbol.dispose]()
    },
  }
}

function waitReady(fd: Fd, writable: boolean, { signal }: WaitOptions = {}): Promise<void> {
  checkFd(fd)
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      removeWatch(id)
      reject(signal?.reason as Error)
    }
    const id = addWatch(
      (newId) => guard(() => binding().monitorReady(newId, fd, writable)),
      (event) => {
        signal?.removeEventListener('abort', abort)
        if (event.a < 0) reject(failureOf(event.b, 'epoll_ctl'))
        else resolve()
      },
    )
    signal?.addEventListener('abort', abort, { once: true })
  })
}

export const monitorCalls: MonitorCalls = {
  watchEventFd,
  watchInotify,
  watchOom: (version, directory, onOom) => (version === 'v1' ? watchOomV1 : watchOomV2)(directory, onOom),
  waitReadable: async (fd, options) => waitReady(fd, false, options),
  waitWritable: async (fd, options) => waitReady(fd, true, options),
}
