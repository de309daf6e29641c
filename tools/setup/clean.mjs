// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, say, SetupError } from './lib.mjs'

/** Removes what was built or fetched. What a person wrote or measured (bench/results) stays. */
export function clean() {
  const packages = join(root, 'packages')
  const built = readdirSync(packages).flatMap((id) =>
    ['dist', 'gen', 'build', 'prebuilds', 'node_modules'].map((dir) => join(packages, id, dir)),
  )
  const own = ['dist', '.cache', '.nx', 'coverage', 'tmp', 'node_modules'].map((dir) => join(root, dir))
  const present = [...built, ...own].filter((path) => existsSync(path))
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  const mounted = mounts.find((mount) => present.some((path) => mount === path || mount.startsWith(`${path}/`)))
  if (mounted !== undefined) throw new SetupError(`${mounted} is mounted; unmount it first`)
  for (const path of present) rmSync(path, { recursive: true, force: true })
  say(`removed ${present.length} directories of built and fetched files`)
}
