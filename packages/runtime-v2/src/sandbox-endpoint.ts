// SPDX-License-Identifier: Apache-2.0
import type { Namespace, NewTask } from '@containerd-ts/core'
import { parseTaskApiAddress, type BootstrapResult } from '@containerd-ts/shim-bootstrap'

/** What the manager asks about sandboxes. */
export interface Sandboxes {
  /** Whether there is a record of that sandbox. */
  exists(namespace: Namespace, sandboxId: string): Promise<boolean>
  /** Task API of the sandbox's shim. @throws {NotFoundError} its shim is not loaded */
  endpoint(namespace: Namespace, sandboxId: string): Promise<BootstrapResult>
}

/** Task API that a task should join in place of a shim of its own; nothing where it needs a start. */
export async function endpointToJoin(
  sandboxes: Sandboxes | undefined,
  namespace: Namespace,
  task: NewTask,
): Promise<BootstrapResult | undefined> {
  const { sandboxId, taskApiAddress, taskApiVersion } = task
  if (sandboxId === undefined || sandboxes === undefined) return undefined
  if (!(await sandboxes.exists(namespace, sandboxId))) return undefined
  const endpoint =
    taskApiAddress === undefined
      ? await sandboxes.endpoint(namespace, sandboxId)
      : parseTaskApiAddress(taskApiAddress, taskApiVersion ?? 0)
  // Shims of older task APIs must be started for every container: it is how they learn of it.
  return endpoint.version < 3 ? undefined : endpoint
}
