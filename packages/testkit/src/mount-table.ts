// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

export interface MountPoint {
  readonly path: string
  readonly type: string
  readonly source: string
}

/** Mounts seen by a process (this one unless told), oldest first. */
export function mountTable(pid: number | 'self' = 'self'): readonly MountPoint[] {
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n').map(parseMount)
}

/** Mounts at `path` or below it, newest first: the order in which they can be unmounted. */
export function mountsBelow(path: string, pid: number | 'self' = 'self'): readonly MountPoint[] {
  return mountTable(pid)
    .filter((mount) => mount.path === path || mount.path.startsWith(`${path}/`))
    .toReversed()
}

function parseMount(line: string): MountPoint {
  // Fields before the dash vary in number, those after it do not: see proc_pid_mountinfo(5).
  const [before = '', after = ''] = line.split(' - ')
  const [type = '', source = ''] = after.split(' ')
  return { path: unescape(before.split(' ')[4] ?? ''), type, source: unescape(source) }
}

const unescape = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
