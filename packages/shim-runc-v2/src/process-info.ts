// SPDX-License-Identifier: Apache-2.0
import { packMessage } from '@containerd-ts/api'
import { ProcessDetailsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { ExecProcess } from './exec-process.ts'

/** A pid of the container, with the exec it belongs to where it is one's. */
export function processInfo(pid: number, execs: Iterable<ExecProcess>) {
  for (const exec of execs) {
    if (exec.pid === pid) return { pid, info: packMessage(ProcessDetailsSchema, { execId: exec.id }) }
  }
  return { pid }
}
