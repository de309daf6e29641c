// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The `cgroup.procs` files that put a process into the cgroup `path`: one in the unified hierarchy, or one per
 * controller that has such a cgroup.
 */
export function cgroupProcsOf(path: string, root = '/sys/fs/cgroup'): string[] {
  const unified = existsSync(join(root, 'cgroup.controllers'))
  const hierarchies = unified ? [root] : readdirSync(root).map((name) => join(root, name))
  return hierarchies.map((hierarchy) => join(hierarchy, path, 'cgroup.procs')).filter((file) => existsSync(file))
}
