// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'

/** Mount points of all cgroup hierarchies, old and new. */
export async function cgroupDirectories(): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, path, type]) => (path !== undefined && (type === 'cgroup' || type === 'cgroup2') ? [path] : []))
}
