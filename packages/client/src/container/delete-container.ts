// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '@containerd-ts/core'
import { FailedPreconditionError, isNotFound } from '@containerd-ts/errdefs'
import type { NamespaceClient } from '../containerd-client.ts'
import { removeProcess } from '../task/kill-task.ts'

export interface DeleteContainerOptions extends CallOptions {
  readonly keepSnapshot?: boolean | undefined
}

/**
 * Removes a container, its task if that has ended or was never started, and its snapshot.
 * @throws {FailedPreconditionError} the task runs @throws {NotFoundError} no such container
 */
export async function deleteContainer(
  client: NamespaceClient,
  id: string,
  options: DeleteContainerOptions = {},
): Promise<void> {
  const call = { signal: options.signal }
  const container = await client.containers.get(id, call)
  const task = await client.tasks.get(id, call).catch(ignoreNotFound)
  if (task !== undefined) {
    const state = await task.state('', call)
    const { status } = state
    if (status !== 'stopped' && status !== 'created') {
      throw new FailedPreconditionError(`cannot delete a non stopped container: ${status}`)
    }
    await removeProcess(task, state, '', call)
  }
  if (options.keepSnapshot !== true && container.snapshotKey !== '') {
    await client.snapshotter(container.snapshotter).remove(container.snapshotKey, call).catch(ignoreNotFound)
  }
  await client.containers.delete(id, call)
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
  return undefined
}
