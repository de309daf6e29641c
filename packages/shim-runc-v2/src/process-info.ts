// SPDX-License-Identifier: Apache-2.0
import { packPlain } from '@containerd-ts/ttrpc'
import type { ExecProcess } from './exec-process.ts'
import { processDetails } from './messages/runc-options.ts'

/** A pid of the container, with the exec it belongs to where it is one's. */
export function processInfo(pid: number, execs: Iterable<ExecProcess>) {
  for (const exec of execs) {
    if (exec.pid === pid) return { pid, info: packPlain(processDetails, { execId: exec.id }) }
  }
  return { pid, info: undefined }
}
