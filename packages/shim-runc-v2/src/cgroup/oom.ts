// SPDX-License-Identifier: Apache-2.0
import { native } from '@containerd-ts/native-sys'
import type { Watch } from '@containerd-ts/native-sys'
import type { Cgroup } from './cgroup.ts'
import { KeyValues, readText } from './files.ts'

/** Watches one container for out-of-memory kills. */
export interface OomWatch {
  /** Ends the watch, after one last look: a kill that ended the container is told before its exit. */
  end(): void
}

/** Undefined where the container has no memory cgroup. */
export function watchOom(cgroup: Cgroup, onOom: () => void): OomWatch | undefined {
  const { memory, version } = cgroup
  if (memory === undefined) return undefined
  let told = 0n
  const watch: Watch = native.watchOom(version, memory, ({ kills }) => {
    told += BigInt(kills)
    onOom()
  })
  watch.ended.catch(() => {}) // the cgroup is gone: nothing left to watch
  const killed = (): bigint =>
    new KeyValues(readText(memory, version === 'v2' ? 'memory.events' : 'memory.oom_control')).get('oom_kill')
  const before = killed()
  return {
    end: () => {
      watch[Symbol.dispose]()
      // Version 1 tells of the condition, not of each kill: one notice stands for all.
      const untold = version === 'v2' ? killed() - before > told : killed() > before && told === 0n
      if (untold) onOom()
    },
  }
}
