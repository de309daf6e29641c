// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mountTable } from './mount-table.ts'

/** Directories of the cgroups that a process is in and we are not: those made for it. */
export function cgroupsOf(pid: number): readonly string[] {
  try {
    const own = new Set(memberships('self'))
    const controllers = controllerMounts()
    return memberships(pid)
      .filter((line) => !own.has(line))
      .map((line) => {
        const [, names = '', ...path] = line.split(':')
        const mount = controllers.find((each) => sameControllers(each, names))
        return mount && join(mount, path.join(':'))
      })
      .filter((dir) => dir !== undefined)
  } catch {
    return [] // it ended while we looked
  }
}

/** Removes cgroups of processes that are gone, and the parents that this leaves empty. What is in use stays. */
export async function removeCgroups(dirs: readonly string[]): Promise<void> {
  const mounts = controllerMounts()
  for (const dir of dirs) {
    for (let path = dir; !mounts.includes(path) && path.startsWith('/sys/fs/cgroup/'); path = dirname(path)) {
      if (!(await removed(path))) break
    }
  }
}

async function removed(path: string): Promise<boolean> {
  try {
    await rmdir(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

const memberships = (pid: number | 'self'): readonly string[] =>
  readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n')

const controllerMounts = (): readonly string[] =>
  mountTable()
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ path }) => path)

/** `cpu,cpuacct` is mounted at a directory of that name, `name=systemd` at `systemd`, and no name means version 2. */
function sameControllers(mount: string, names: string): boolean {
  const last = mount.slice(mount.lastIndexOf('/') + 1)
  if (names === '') return last === 'unified' || mount === '/sys/fs/cgroup'
  return last === names.replace('name=', '')
}
