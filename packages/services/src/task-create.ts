// SPDX-License-Identifier: Apache-2.0
import { typeNameOf, unpackMessage } from '@containerd-ts/api'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { Options } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { CreateTaskRequest } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import { taskOf } from '@containerd-ts/core'
import type { CallOptions, Container, DeprecationLog, NewTask } from '@containerd-ts/core'
import { UnknownError } from '@containerd-ts/errdefs'
import { fromAny, fromDescriptor, fromMount } from '@containerd-ts/wire'
import { openCheckpoint } from './task-checkpoint.ts'
import type { CheckpointStores } from './task-checkpoint.ts'

/** Annotation of a checkpoint descriptor that names a directory to restore from. */
const restoreFromPath = 'RestoreFromPath'

/** What the runtime needs; a checkpoint unpacked for it goes with the disposal, so keep it until the task has started. */
export interface PreparedTask extends AsyncDisposable {
  readonly task: NewTask
  /** The checkpoint asked to be running again at once. */
  readonly startAtOnce: boolean
  /** Moves the clean-up to the caller. */
  takeOver(): AsyncDisposable
}

/**
 * Puts request and container record together.
 * @throws {UnknownError} options of another type than runc's, the original's code for it
 */
export async function prepareTask(
  request: CreateTaskRequest,
  container: Container,
  stores: CheckpointStores,
  call: CallOptions,
  deprecations?: DeprecationLog,
): Promise<PreparedTask> {
  const runtime = request.runtimePath === '' ? container.runtime.name : request.runtimePath
  const options = runcOptions(request, runtime)
  if (options !== undefined && options.taskApiAddress !== '') deprecations?.note('runc-options-task-api-address')
  if (options !== undefined && options.taskApiVersion !== 0) deprecations?.note('runc-options-task-api-version')
  await using undo = new AsyncDisposableStack()
  const checkpoint = await checkpointOf(request, options, stores, call, undo)
  let owned = undo.move()
  return {
    startAtOnce: checkpoint.startAtOnce,
    task: {
      ...taskOf(container),
      runtime,
      taskOptions: fromAny(request.options),
      rootfs: request.rootfs.map(fromMount),
      stdin: request.stdin,
      stdout: request.stdout,
      stderr: request.stderr,
      terminal: request.terminal,
      checkpoint: checkpoint.path,
      taskApiAddress: request.taskApiAddress || options?.taskApiAddress || undefined,
      taskApiVersion: request.taskApiVersion || options?.taskApiVersion || undefined,
    },
    takeOver: () => {
      const taken = owned
      owned = new AsyncDisposableStack()
      return taken
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function runcOptions({ options }: CreateTaskRequest, runtime: string): Options | undefined {
  if (options === undefined || options.typeUrl === '') return undefined
  if (typeNameOf(options.typeUrl) !== OptionsSchema.typeName) {
    throw new UnknownError(`invalid task create option for ${runtime}`)
  }
  return unpackMessage(OptionsSchema, options)
}

async function checkpointOf(
  { checkpoint }: CreateTaskRequest,
  options: Options | undefined,
  stores: CheckpointStores,
  call: CallOptions,
  undo: AsyncDisposableStack,
): Promise<{ readonly path: string | undefined; readonly startAtOnce: boolean }> {
  const directory = checkpoint?.annotations[restoreFromPath]
  if (directory !== undefined) return { path: directory, startAtOnce: true }
  if (options !== undefined && options.criuImagePath !== '') return { path: options.criuImagePath, startAtOnce: false }
  if (checkpoint === undefined) return { path: undefined, startAtOnce: false }
  const unpacked = undo.use(await openCheckpoint(fromDescriptor(checkpoint), stores, call))
  return { path: unpacked.path, startAtOnce: false }
}
