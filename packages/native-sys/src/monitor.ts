// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd, WaitOptions } from './types.ts'

/** Ends the watch and closes what it opened; no callback runs afterwards. */
export interface Watch extends Disposable {
  /** Settles when the watch has ended by itself (the thing watched is gone) or was disposed. */
  readonly ended: Promise<void>
}

/** Event bits of inotify(7). */
export const Inotify = {
  modify: 0x2,
  attrib: 0x4,
  closeWrite: 0x8,
  open: 0x20,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  moveSelf: 0x800,
  ignored: 0x8000,
} as const

export interface InotifyEvent {
  readonly path: string
  readonly mask: number
  /** Entry in a watched directory; empty for the watched thing itself. */
  readonly name: string
}

export interface OomNotice {
  /** v2: kills since the last notice; v1 does not tell and says 1. */
  readonly kills: number
}

/**
 * The epoll monitor: one native thread per JavaScript environment, started with the first watch, that keeps the
 * event loop alive only while something is watched with `ref` (the default).
 */
export interface MonitorCalls {
  /** Calls back with the counter each time an eventfd is signalled. Takes the fd. */
  watchEventFd(fd: Fd, onSignal: (count: number) => void, options?: { readonly ref?: boolean }): Watch
  watchInotify(
    paths: readonly { readonly path: BytePath; readonly mask: number }[],
    onEvent: (event: InotifyEvent) => void,
    options?: { readonly ref?: boolean },
  ): Watch
  /**
   * Out-of-memory kills of one cgroup. `v1`: `directory` lies in the memory hierarchy, a notice per kernel
   * notification, ended when the cgroup is removed. `v2`: a notice when `oom_kill` in `memory.events` has grown.
   */
  watchOom(version: 'v1' | 'v2', directory: string, onOom: (notice: OomNotice) => void): Watch
  /** Until a read would not block (also on end of file and errors). */
  waitReadable(fd: Fd, options?: WaitOptions): Promise<void>
  waitWritable(fd: Fd, options?: WaitOptions): Promise<void>
}
