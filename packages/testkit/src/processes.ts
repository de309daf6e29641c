// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  /** Zombies keep their entry until their parent waits for them. */
  readonly zombie: boolean
  readonly command: string
  /** As in /proc/PID/ns/mnt; undefined when it cannot be read. */
  readonly mountNamespace: string | undefined
}

/** Every process of the machine at this moment. */
export function processes(): readonly ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((info) => info !== undefined)
}

/** `pids` and all that descends from them. */
export function withDescendants(pids: readonly number[], all = processes()): readonly ProcessInfo[] {
  const wanted = new Set(pids)
  for (let size = -1; size !== wanted.size;) {
    size = wanted.size
    for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid)
  }
  return all.filter(({ pid }) => wanted.has(pid))
}

export function isAlive(pid: number): boolean {
  const info = readProcess(pid)
  return info !== undefined && !info.zombie
}

function readProcess(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold spaces and brackets; the last bracket ends it.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return { pid, parent: Number(parent), zombie: state === 'Z', command, mountNamespace: namespaceOf(pid) }
  } catch {
    return undefined // it ended while we looked
  }
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return undefined // a zombie, a kernel thread, or someone else's
  }
}
