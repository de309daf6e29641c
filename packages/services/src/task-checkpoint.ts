// SPDX-License-Identifier: Apache-2.0
import { typeNameOf } from '@containerd-ts/api'
import { CheckpointOptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { Descriptor } from '@containerd-ts/api/types/descriptor_pb'
import { fromBinary } from '@bufbuild/protobuf'
import type { CallOptions, Container, ContentStore, Task, TypedAny } from '@containerd-ts/core'
import { UnimplementedError, UnknownError } from '@containerd-ts/errdefs'

/**
 * Dumps the task into the directory that the options name.
 * @throws {UnknownError} options of another type, the original's code for it
 * @throws {UnimplementedError} no directory is named: checkpoints in the content store are not built yet
 */
export async function checkpointTask(
  task: Task,
  container: Container,
  _content: ContentStore,
  options: TypedAny | undefined,
  call: CallOptions,
): Promise<Descriptor[]> {
  if (options !== undefined && typeNameOf(options.typeUrl) !== CheckpointOptionsSchema.typeName) {
    throw new UnknownError(`invalid task checkpoint option for ${container.runtime.name}`)
  }
  const imagePath = options === undefined ? '' : fromBinary(CheckpointOptionsSchema, options.value).imagePath
  if (imagePath === '') throw new UnimplementedError(`checkpoint of task ${task.id} into the content store`)
  await task.checkpoint(imagePath, options, call)
  return []
}
