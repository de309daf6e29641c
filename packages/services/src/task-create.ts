// SPDX-License-Identifier: Apache-2.0
import { typeNameOf, unpackMessage } from '@containerd-ts/api'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { Options } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { CreateTaskRequest } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import type { Container, ContentStore, NewTask } from '@containerd-ts/core'
import { UnimplementedError, UnknownError } from '@containerd-ts/errdefs'
import { fromAny, fromDescriptor, fromMount } from '@containerd-ts/wire'

/** Annotation of a checkpoint descriptor that names a directory to restore from. */
const restoreFromPath = 'RestoreFromPath'

/**
 * What the runtime needs, out of request and container record.
 * @throws {UnknownError} options of another type than runc's, the original's code for it
 */
export async function newTask(
  request: CreateTaskRequest,
  container: Container,
  _content: ContentStore,
  signal: AbortSignal,
): Promise<NewTask> {
  signal.throwIfAborted()
  const runtime = request.runtimePath === '' ? container.runtime.name : request.runtimePath
  const options = runcOptions(request, runtime)
  return {
    id: container.id,
    runtime,
    runtimeOptions: container.runtime.options,
    taskOptions: fromAny(request.options),
    spec: container.spec,
    rootfs: request.rootfs.map(fromMount),
    stdin: request.stdin,
    stdout: request.stdout,
    stderr: request.stderr,
    terminal: request.terminal,
    checkpoint: checkpointDirectory(request, options),
    sandboxId: container.sandboxId === '' ? undefined : container.sandboxId,
    taskApiAddress: request.taskApiAddress || options?.taskApiAddress || undefined,
    taskApiVersion: request.taskApiVersion || options?.taskApiVersion || undefined,
  }
}

function runcOptions({ options }: CreateTaskRequest, runtime: string): Options | undefined {
  if (options === undefined || options.typeUrl === '') return undefined
  if (typeNameOf(options.typeUrl) !== OptionsSchema.typeName) {
    throw new UnknownError(`invalid task create option for ${runtime}`)
  }
  return unpackMessage(OptionsSchema, options)
}

function checkpointDirectory({ checkpoint }: CreateTaskRequest, options: Options | undefined): string | undefined {
  if (options !== undefined && options.criuImagePath !== '') return options.criuImagePath
  if (checkpoint === undefined) return undefined
  const { annotations, digest } = fromDescriptor(checkpoint)
  const directory = annotations?.[restoreFromPath]
  if (directory !== undefined) return directory
  throw new UnimplementedError(`restore from checkpoint image ${digest}`)
}
