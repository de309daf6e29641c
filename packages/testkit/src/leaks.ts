// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { mountTable } from './mount-table.ts'
import { processes } from './processes.ts'

export interface LeakScope {
  /** Strings that tell the test's own mounts and processes apart: a temporary directory, a container id. */
  readonly marks: readonly string[]
  /** Also watch the open files of this process; on unless switched off. */
  readonly files?: boolean
  /** Time that late closing gets before it counts as a leak; 2 s when absent. */
  readonly graceMs?: number
}

/** What is left of the test right now, one line each. Zombies count: somebody forgot to wait. */
export function leftovers(marks: readonly string[]): readonly string[] {
  const marked = (text: string) => marks.some((mark) => text.includes(mark))
  return [
    ...mountTable()
      .filter((mount) => marked(mount.path) || marked(mount.source))
      .map((mount) => `mount ${mount.path} (${mount.type})`),
    ...processes()
      .filter((info) => info.pid !== process.pid && marked(info.command))
      .map((info) => `process ${info.pid}: ${info.command}`),
  ]
}

/** Remembers the state of now; disposal throws when files, mounts or processes of the test are left. */
export function trackLeaks({ marks, files = true, graceMs = 2_000 }: LeakScope): AsyncDisposable {
  const before = files ? openFiles() : new Map<string, string>()
  const found = () => [...leftovers(marks), ...(files ? newFiles(before) : [])]
  return {
    async [Symbol.asyncDispose]() {
      const deadline = performance.now() + graceMs
      let left = found()
      while (left.length > 0 && performance.now() < deadline) {
        await sleep(50)
        left = found()
      }
      if (left.length > 0) throw new Error(`left behind:\n${left.join('\n')}`)
    },
  }
}

/** Open descriptors of this process and what each points to. */
export function openFiles(): Map<string, string> {
  const open = new Map<string, string>()
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      open.set(fd, readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      // the descriptor of the listing itself
    }
  }
  return open
}

/** The runtime opens event loops and the random device when it likes. */
const ofTheRuntime = /^anon_inode:\[(eventpoll|eventfd|io_uring|timerfd)\]$|^\/dev\/(null|urandom)$|^\/proc\//

function newFiles(before: ReadonlyMap<string, string>): readonly string[] {
  return [...openFiles()]
    .filter(([fd, target]) => before.get(fd) !== target && !ofTheRuntime.test(target))
    .map(([fd, target]) => `open file ${fd}: ${target}`)
}
