// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Top directory of the repository; the working directory when this package was installed from a registry. */
export function repoRoot(): string {
  let dir = import.meta.dirname
  while (!existsSync(join(dir, 'nx.json'))) {
    const parent = dirname(dir)
    if (parent === dir) return process.cwd()
    dir = parent
  }
  return dir
}
