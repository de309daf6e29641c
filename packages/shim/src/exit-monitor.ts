// SPDX-License-Identifier: Apache-2.0
import { native } from '@containerd-ts/native-sys'
import type { Reaper, WaitCalls } from '@containerd-ts/native-sys'

/** How and when a process ended. */
export interface ProcessExit {
  readonly pid: number
  /** Exit code, or 128 plus the signal. */
  readonly status: number
  readonly at: Date
}

/**
 * Knows the exits of processes that a runtime left to this one as subreaper. Orphans nobody asks for are reaped
 * as well.
 */
export class ExitMonitor implements Disposable {
  readonly #reaper: Reaper

  constructor(sys: Pick<WaitCalls, 'openReaper'> = native) {
    this.#reaper = sys.openReaper({ unknown: 'reap' })
  }

  /**
   * Resolves when the process has ended, also when it did so before this call. A process that is gone without a
   * trace counts as ended now with status 255.
   */
  async exitOf(pid: number): Promise<ProcessExit> {
    try {
      const { status } = await this.#reaper.adopt(pid)
      return { pid, status, at: new Date() }
    } catch {
      return { pid, status: 255, at: new Date() }
    }
  }

  [Symbol.dispose](): void {
    this.#reaper[Symbol.dispose]()
  }
}
