// SPDX-License-Identifier: Apache-2.0
import type { TaskProcess } from '@containerd-ts/client'
import type { CallOptions } from '@containerd-ts/core'

/**
 * Waits until a process has ended, removes it and answers its exit status. When this program is told to end first,
 * the process runs on.
 */
export async function seeThrough(process: TaskProcess, options: CallOptions): Promise<number> {
  try {
    return (await process.finish(options)).exit.status
  } catch (error) {
    await process.detach()
    throw error
  }
}
