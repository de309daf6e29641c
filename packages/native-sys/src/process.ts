// SPDX-License-Identifier: Apache-2.0
import type { Fd, WaitOptions } from './types.ts'

export interface ExitStatus {
  readonly pid: number
  /** Exit code, or 128 plus the signal. */
  readonly status: number
  /** Set when a signal ended it. */
  readonly signal: number | undefined
  readonly coreDumped: boolean
}

/** Flags of unshare(2) and clone(2). */
export const CloneFlag = {
  newTime: 0x80,
  newNs: 0x20000,
  newCgroup: 0x2000000,
  newUts: 0x4000000,
  newIpc: 0x8000000,
  newUser: 0x10000000,
  newPid: 0x20000000,
  newNet: 0x40000000,
} as const

export interface SpawnRequest {
  /** The file to execute; holds a slash (PATH is not searched, see `findExecutable`). */
  readonly path: string
  /** All of argv, the name included. */
  readonly argv: readonly string[]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>> | readonly string[]
  readonly cwd?: string
  /** Child fd 0, 1, 2, ... from these; default three times `'null'`. Every other fd is closed on exec. */
  readonly stdio?: readonly (Fd | 'null')[]
  /** Become leader of a new session. */
  readonly setsid?: boolean
  /** Join this process group; 0 makes a new one. */
  readonly processGroup?: number
  /** Signal the child gets when the *thread* that calls this ends (PR_SET_PDEATHSIG): call from the main thread. */
  readonly parentDeathSignal?: number
  /** `cgroup.procs` files that the child writes itself into before it executes. */
  readonly cgroupProcs?: readonly string[]
  /** Namespaces to enter, in order, before `unshare`. */
  readonly setns?: readonly Fd[]
  /** Union of `CloneFlag`. */
  readonly unshare?: number
  /** Written to `/proc/self/oom_score_adj` by the child; EACCES and EPERM are ignored. */
  readonly oomScoreAdj?: number
  readonly umask?: number
  /** False: waiting for the child does not keep this process alive; default true. */
  readonly ref?: boolean
}

export interface SpawnedProcess {
  readonly pid: number
  /** Stays open until disposal; poll it, signal through it. */
  readonly pidfd: Fd
  /** The child is reaped when it settles. Never rejects. */
  readonly exited: Promise<ExitStatus>
  /** pidfd_send_signal(2): never hits another process. False when it has ended. */
  kill(signal: number): boolean
  /** Closes the pidfd; the child runs on and is still reaped. */
  [Symbol.dispose](): void
}

export interface SpawnCalls {
  /**
   * Starts a process without copying this one (vfork semantics, under 1 ms whatever the heap holds).
   * The child starts with default signal handlers and an empty mask.
   * @throws {SyscallError} any step in the child, exec included, with that step's name as `syscall`
   */
  spawn(request: SpawnRequest): SpawnedProcess
  /** First executable called `name` in `path` (default: `PATH` of this process); a name with a slash is returned as it is. */
  findExecutable(name: string, path?: string): string | undefined
}

export interface ProcessCalls {
  pidfdOpen(pid: number): Fd
  /** False when the process has ended. */
  pidfdSendSignal(pidfd: Fd, signal: number): boolean
  /** kill(2), negative pids for groups. False on ESRCH. */
  kill(pid: number, signal: number): boolean
  getsid(pid: number): number
  getpgid(pid: number): number
  /** PR_SET_CHILD_SUBREAPER for the whole process. */
  setSubreaper(enabled: boolean): void
  isSubreaper(): boolean
  /** PR_SET_PDEATHSIG of the calling thread; 0 clears it. */
  setParentDeathSignal(signal: number): void
  /** PR_SET_NAME of the calling thread, cut at 15 bytes; the main thread's is what `ps` shows. */
  setProcessName(name: string): void
  /** PR_SCHED_CORE_CREATE for the process group. @throws {SyscallError} EINVAL without core scheduling, ENODEV without SMT */
  createSchedCore(): void
  /** READY=1 and the like to `$NOTIFY_SOCKET`. False when the variable is not set. */
  sdNotify(state: string, socket?: string): boolean
}

/** What a reaper does with children nobody named. */
export interface ReaperOptions {
  /**
   * `leave` (default): look only at adopted pids. `reap`: also collect orphans that came to us as subreaper. A
   * zombie is taken only when it is still there a full turn of the event loop and `graceMs` later, when
   * libuv has long collected its own; `isForeign` can exempt pids on top.
   */
  readonly unknown?: 'leave' | 'reap'
  /** Default 500. */
  readonly graceMs?: number
  readonly isForeign?: (pid: number) => boolean
  /** Every exit this reaper collects, adopted or not. */
  readonly onExit?: (exit: ExitStatus) => void
}

/** Collects exits of children that were not started with `spawn`: container inits that were reparented to us. */
export interface Reaper {
  /**
   * Waits for a child and reaps it. A pid that this reaper collected lately answers with what was seen then, so
   * a pid learned from a file after the process ended is not lost.
   * @throws {SyscallError} ESRCH no such process; ECHILD it is not our child
   */
  adopt(pid: number): Promise<ExitStatus>
  [Symbol.dispose](): void
}

export interface WaitCalls {
  openReaper(options?: ReaperOptions): Reaper
  /** Waits for any process, child or not, without reaping it. */
  waitGone(pidfd: Fd, options?: WaitOptions): Promise<void>
}
