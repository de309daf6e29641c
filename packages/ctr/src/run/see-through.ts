// SPDX-License-Identifier: Apache-2.0
import type { TaskProcess } from '@containerd-ts/client'
import type { CallOptions } from '@containerd-ts/core'
import { stayWith } from './stay-with.ts'
import type { Company } from './stay-with.ts'

/**
 * Stays with a running process until it has ended, removes it and answers its exit status. When this program is
 * told to end first, the process runs on.
 */
export async function seeThrough(process: TaskProcess, company: Company, options: CallOptions): Promise<number> {
  using _company = stayWith(process, company)
  try {
    return (await process.finish(options)).exit.status
  } catch (error) {
    await process.detach()
    throw error
  }
}
