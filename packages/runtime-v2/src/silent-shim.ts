// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Bundle } from './bundle.ts'

/**
 * Kills the shim servers that were started for a bundle and no longer answer: they run in it, and its id is on their
 * command line. Nothing else would ever end them.
 * @returns their pids
 */
export async function killSilentShims({
  path,
  namespace,
  id,
}: Pick<Bundle, 'path' | 'namespace' | 'id'>): Promise<number[]> {
  const killed: number[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== path) continue
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    if (!hasFlag(argv, 'id', id) || !hasFlag(argv, 'namespace', namespace)) continue
    try {
      process.kill(pid, 'SIGKILL')
      killed.push(pid)
    } catch {
      // it ended by itself
    }
  }
  return killed
}

const hasFlag = (argv: readonly string[], flag: string, value: string): boolean =>
  argv.some((arg, i) => new RegExp(`^--?${flag}$`).test(arg) && argv[i + 1] === value)
