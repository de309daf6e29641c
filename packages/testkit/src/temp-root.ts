// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountsBelow } from './mount-table.ts'

export interface TempRoot extends AsyncDisposable {
  readonly path: string
  join(...parts: readonly string[]): string
}

/**
 * A directory of the test's own; short enough for unix sockets inside.
 * Disposal removes it with all it holds, unless something is still mounted below: then it touches nothing and
 * throws an error that lists the mounts, for deleting through a mount would empty what is mounted.
 */
export async function tempRoot(prefix = 'ctd-'): Promise<TempRoot> {
  const path = await mkdtemp(join(await realpath(tmpdir()), prefix))
  return {
    path,
    join: (...parts) => join(path, ...parts),
    async [Symbol.asyncDispose]() {
      const mounts = mountsBelow(path)
      if (mounts.length > 0) {
        throw new Error(`${path}: still mounted: ${mounts.map((m) => `${m.path} (${m.type})`).join(', ')}`)
      }
      await rm(path, { recursive: true, force: true })
    },
  }
}
