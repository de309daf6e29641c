// SPDX-License-Identifier: Apache-2.0

/** Controller to path, from the text of `/proc/PID/cgroup`; the unified hierarchy stands under the empty name. */
export function cgroupPaths(text: string): Map<string, string> {
  const paths = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    for (const controller of controllers.split(',')) paths.set(controller, path)
  }
  return paths
}

export interface CgroupMount {
  readonly point: string
  /** The cgroup that is mounted there. */
  readonly root: string
}

/** Controller to mount, from the text of `/proc/self/mountinfo`: hierarchies of version 1 only. */
export function cgroupMounts(text: string): Map<string, CgroupMount> {
  const mounts = new Map<string, CgroupMount>()
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ')
    const [, , , root, point] = left.split(' ')
    const [type, , options] = right.split(' ')
    if (type !== 'cgroup' || root === undefined || point === undefined) continue
    for (const option of (options ?? '').split(',')) {
      if (!mounts.has(option)) mounts.set(option, { point, root })
    }
  }
  return mounts
}
