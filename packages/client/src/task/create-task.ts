// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { typeNameOf } from '@containerd-ts/api'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { CallOptions, Container, Descriptor, TypedAny } from '@containerd-ts/core'
import { containerRootfs } from '@containerd-ts/oci'
import type { NamespaceClient } from '../containerd-client.ts'
import { graceSignal } from '../call-grace.ts'
import { openProcessIo } from '../io/process-io.ts'
import type { IoRequest } from '../io/process-io.ts'
import { TaskProcess } from './task-process.ts'

export interface TaskRequest {
  readonly io: IoRequest
  readonly noPivotRoot?: boolean | undefined
  /** Owner of the container's ends of its pipes. */
  readonly ioUid?: number | undefined
  readonly ioGid?: number | undefined
  readonly checkpoint?: Descriptor | undefined
  /** Do not wait for its end: it will be detached. */
  readonly detached?: boolean | undefined
}

/**
 * Makes the task of a container, its root file system mounted and its streams open; `start` runs it.
 * @throws {AlreadyExistsError} the container has a task @throws {NotFoundError} no such container or snapshot
 */
export async function createTask(
  client: NamespaceClient,
  container: Container,
  request: TaskRequest,
  options: CallOptions = {},
): Promise<TaskProcess> {
  await using undo = new AsyncDisposableStack()
  const io = undo.use(await openProcessIo(container.id, request.io))
  const rootfs = await containerRootfs(container, (name) => client.snapshotter(name), { signal: options.signal })
  options.signal?.throwIfAborted()
  const late = { signal: graceSignal(options.signal) }
  const { checkpoint } = request
  const task = await client.tasks.create(
    { containerId: container.id, ...io.io, rootfs, checkpoint, options: taskOptions(container, request) },
    late,
  )
  undo.move()
  const exited = request.detached === true ? undefined : task.wait('', options)
  const process = new TaskProcess(task, '', io, exited)
  if (options.signal?.aborted !== true) return process
  await process[Symbol.asyncDispose]()
  throw options.signal.reason
}

/** Task options replace the container's: they start from those, and are sent only where something is added. */
function taskOptions({ runtime }: Container, { noPivotRoot, ioUid, ioGid }: TaskRequest): TypedAny | undefined {
  if (noPivotRoot !== true && ioUid === undefined && ioGid === undefined) return undefined
  const known = runtime.options !== undefined && typeNameOf(runtime.options.typeUrl) === OptionsSchema.typeName
  const message = known ? fromBinary(OptionsSchema, runtime.options.value) : create(OptionsSchema)
  if (noPivotRoot === true) message.noPivotRoot = true
  message.ioUid = ioUid ?? message.ioUid
  message.ioGid = ioGid ?? message.ioGid
  return { typeUrl: OptionsSchema.typeName, value: toBinary(OptionsSchema, message) }
}
