// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TypedAny } from '@containerd-ts/core'
import { cgroupMounts, cgroupPaths } from './hierarchies.ts'

/** Where the cgroups of one process lie, and what they count. */
export interface Cgroup {
  readonly version: 'v1' | 'v2'
  /** Directory whose memory files tell of out-of-memory kills, where there is one. */
  readonly memory: string | undefined
  /** Lets the container's own processes make cgroups below it (v2). @throws the system's error for the last level */
  enableControllers(): void
  /** Counters, encoded as the hierarchy's metrics message. */
  stats(): Promise<TypedAny>
}

const unifiedRoot = '/sys/fs/cgroup'

/** The cgroups of a process; undefined where it has none. */
export function loadCgroup(pid: number): Cgroup | undefined {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  if (existsSync(join(unifiedRoot, 'cgroup.controllers'))) {
    const path = cgroupPaths(lines).get('')
    return path === undefined ? undefined : new UnifiedCgroup(unifiedRoot, path)
  }
  const mounts = cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
  const directories = new Map<string, string>()
  for (const [controller, path] of cgroupPaths(lines)) {
    const mount = mounts.get(controller)
    if (mount !== undefined) directories.set(controller, join(mount.point, relativeTo(mount.root, path)))
  }
  return directories.size === 0 ? undefined : new ControllerCgroup(directories)
}

class UnifiedCgroup implements Cgroup {
  readonly version = 'v2'
  readonly memory: string
  readonly #root: string
  readonly #path: string

  constructor(root: string, path: string) {
    this.#root = root
    this.#path = path
    this.memory = join(root, path)
  }

  enableControllers(): void {
    const controllers = readFileSync(join(this.#root, 'cgroup.controllers'), 'utf8').trim().split(/\s+/)
    const request = controllers.map((name) => `+${name}`).join(' ')
    const ancestors = this.#path
      .split('/')
      .filter((part) => part !== '')
      .slice(0, -1)
    let directory = this.#root
    for (const [level, part] of ['', ...ancestors].entries()) {
      directory = join(directory, part)
      try {
        writeFileSync(join(directory, 'cgroup.subtree_control'), request)
      } catch (error) {
        if (level === ancestors.length) throw error
      }
    }
  }

  async stats(): Promise<TypedAny> {
    const { readUnifiedMetrics } = await import('./metrics-v2.ts')
    return readUnifiedMetrics(this.memory)
  }
}

class ControllerCgroup implements Cgroup {
  readonly version = 'v1'
  readonly memory: string | undefined
  readonly #directories: ReadonlyMap<string, string>

  constructor(directories: ReadonlyMap<string, string>) {
    this.#directories = directories
    this.memory = directories.get('memory')
  }

  enableControllers(): void {}

  async stats(): Promise<TypedAny> {
    const { readControllerMetrics } = await import('./metrics-v1.ts')
    return readControllerMetrics(this.#directories)
  }
}

function relativeTo(root: string, path: string): string {
  if (root === '/' || !(path === root || path.startsWith(`${root}/`))) return path
  return path.slice(root.length)
}
