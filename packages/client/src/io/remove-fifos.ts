// SPDX-License-Identifier: Apache-2.0
import { lstat, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TaskIo } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'

/**
 * Removes the FIFOs of a process that is gone, whoever made them, and the directory that held only them. What is
 * no FIFO stays.
 */
export async function removeFifos({ stdin, stdout, stderr }: TaskIo): Promise<void> {
  const paths = [stdin, stdout, stderr].filter((path) => path.startsWith('/'))
  const directories = new Set<string>()
  for (const path of paths) {
    await tolerate(async () => {
      if (!(await lstat(path)).isFIFO()) return
      await unlink(path)
      directories.add(dirname(path))
    })
  }
  for (const directory of directories) await tolerate(() => rmdir(directory))
}

async function tolerate(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error
  }
}
