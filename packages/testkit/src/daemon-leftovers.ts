// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { mountsBelow } from './mount-table.ts'
import type { PrivateMounts } from './private-mounts.ts'
import { processes, withDescendants } from './processes.ts'

export interface Inside {
  readonly mounts: PrivateMounts
  readonly root: string
  readonly state: string
  readonly daemonPid: number
}

/** What is in a daemon's namespace and directories beside the daemon itself. */
export function leftoversInside({ mounts, root, state, daemonPid }: Inside): readonly string[] {
  const run = `/proc/${mounts.pid}/root/run/containerd`
  return [
    ...processesInside(mounts.pid, daemonPid),
    ...[root, state]
      .flatMap((dir) => mountsBelow(dir, mounts.pid))
      .map((mount) => `mount ${mount.path} (${mount.type})`),
    ...entries(join(state, 'io.containerd.runtime.v2.task'), 2).map((path) => `bundle ${path}`),
    ...entries(join(root, 'io.containerd.runtime.v2.task'), 2).map((path) => `work directory ${path}`),
    ...entries(join(run, 'fifo'), 1).map((path) => `FIFOs ${path}`),
    ...[join(run, 's'), join(state, 's')].flatMap((dir) => entries(dir, 1)).map((path) => `shim socket ${path}`),
    ...entries(join(run, 'runc'), 2).map((path) => `runc state ${path}`),
    ...entries(join(root, 'tmpmounts'), 1).map((path) => `temporary mount ${path}`),
  ]
}

function processesInside(keeperPid: number, daemonPid: number): readonly string[] {
  const all = processes()
  const namespace = all.find(({ pid }) => pid === keeperPid)?.mountNamespace
  const inside = all.filter((info) => info.mountNamespace === namespace).map(({ pid }) => pid)
  return withDescendants(inside, all)
    .filter(({ pid }) => pid !== keeperPid && pid !== daemonPid)
    .map(({ pid, command, zombie }) => `process ${pid}: ${zombie ? '(zombie)' : command}`)
}

/** Paths exactly `depth` levels below a directory that may be absent. */
function entries(dir: string, depth: number): readonly string[] {
  const below = list(dir).map((name) => join(dir, name))
  return depth === 1 ? below : below.flatMap((path) => entries(path, depth - 1))
}

function list(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
