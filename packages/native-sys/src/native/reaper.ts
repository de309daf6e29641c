// SPDX-License-Identifier: Apache-2.0
import { closeSync, readdirSync, readFileSync } from 'node:fs'
import { errnoOf } from '@containerd-ts/errdefs'
import { SyscallError } from '../errors.ts'
import type { ExitStatus, Reaper, ReaperOptions, WaitCalls } from '../process.ts'
import { checkFd, checkInteger, guard } from './guard.ts'
import { addWatch, removeWatch } from './hub.ts'
import { binding } from './load.ts'
import { exitStatus, waitChild } from './spawn.ts'

/** Exits of unknown orphans that are remembered, so that a pid learned late can still be asked for. */
const rememberedExits = 1024

/** Children of all our threads, from the kernel's list. */
function childPids(): number[] {
  const pids: number[] = []
  for (const task of readdirSync('/proc/self/task')) {
    try {
      const text = readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim()
      if (text !== '') pids.push(...text.split(' ').map(Number))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ESRCH') throw error // the thread has ended
    }
  }
  return pids
}

class PidfdReaper implements Reaper {
  readonly #options: ReaperOptions
  readonly #graceMs: number
  readonly #adopted = new Map<number, Promise<ExitStatus>>()
  readonly #seen = new Map<number, ExitStatus>()
  /** Zombies nobody has named, with the time they were first met. */
  readonly #suspects = new Map<number, number>()
  readonly #onChild = (): void => this.#schedule(0)
  #timer: NodeJS.Timeout | undefined
  #disposed = false

  constructor(options: ReaperOptions) {
    this.#options = options
    this.#graceMs = options.graceMs ?? 500
    if (options.unknown !== 'reap') return
    process.on('SIGCHLD', this.#onChild)
    this.#schedule(0)
  }

  async adopt(pid: number): Promise<ExitStatus> {
    checkInteger(pid, 'pid', 1, 0x7fffffff)
    const known = this.#adopted.get(pid)
    if (known !== undefined) return known
    const seen = this.#seen.get(pid)
    this.#seen.delete(pid)
    // A child of that pid is another process by now.
    if (seen !== undefined && guard(() => binding().isOurZombie(pid)) < 0) return seen
    const waiting = this.#wait(pid)
    this.#adopted.set(pid, waiting)
    try {
      const exit = await waiting
      this.#options.onExit?.(exit)
      return exit
    } finally {
      this.#adopted.delete(pid)
    }
  }

  async #wait(pid: number): Promise<ExitStatus> {
    const pidfd = guard(() => binding().pidfdOpen(pid))
    try {
      if (guard(() => binding().isOurZombie(pid)) < 0)
        throw new SyscallError({ code: 'ECHILD', errno: -10, syscall: 'waitid' })
      return await waitChild(pid, pidfd, false)
    } finally {
      closeSync(pidfd)
    }
  }

  #schedule(delayMs: number): void {
    if (this.#disposed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#sweep()
    }, delayMs)
    this.#timer.unref()
  }

  /** Takes zombies that stayed through the grace; libuv and the monitor collect theirs long before. */
  #sweep(): void {
    const now = performance.now()
    const zombies = childPids().filter((pid) => !this.#adopted.has(pid) && binding().isOurZombie(pid) === 1)
    for (const pid of this.#suspects.keys()) if (!zombies.includes(pid)) this.#suspects.delete(pid)
    for (const pid of zombies) {
      if (this.#options.isForeign?.(pid) === true) continue
      const since = this.#suspects.get(pid)
      if (since === undefined) this.#suspects.set(pid, now)
      else if (now - since >= this.#graceMs) this.#take(pid)
    }
    if (this.#suspects.size > 0) this.#schedule(this.#graceMs)
  }

  #take(pid: number): void {
    this.#suspects.delete(pid)
    const ended = guard(() => binding().reap(pid))
    if (ended === undefined) return
    const exit = exitStatus(...ended)
    this.#seen.set(pid, exit)
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= rememberedExits) break
      this.#seen.delete(oldest)
    }
    this.#options.onExit?.(exit)
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    process.off('SIGCHLD', this.#onChild)
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

export const waitCalls: WaitCalls = {
  openReaper: (options = {}) => new PidfdReaper(options),

  async waitGone(pidfd, { signal } = {}) {
    checkFd(pidfd, 'pidfd')
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const id = addWatch(
      (newId) => guard(() => binding().monitorProcess(newId, pidfd, false)),
      () => resolve(),
    )
    const abort = (): void => {
      removeWatch(id)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  },
}
