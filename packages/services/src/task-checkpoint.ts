// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { typeNameOf } from '@containerd-ts/api'
import type { Descriptor as DescriptorMessage } from '@containerd-ts/api/types/descriptor_pb'
import { CheckpointOptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { digestOf } from '@containerd-ts/core'
import type {
  CallOptions,
  Container,
  ContentStore,
  Descriptor,
  Differ,
  Mount,
  Task,
  TypedAny,
} from '@containerd-ts/core'
import { isAlreadyExists, UnknownError } from '@containerd-ts/errdefs'
import { toAny, toDescriptor } from '@containerd-ts/wire'

/** A CRIU dump as a tar archive. */
const criuCheckpointType = 'application/vnd.containerd.container.criu.checkpoint.criu.tar'
/** The container's spec, a protobuf Any. */
const checkpointConfigType = 'application/vnd.containerd.container.checkpoint.config.v1+proto'
const plainTarType = 'application/vnd.oci.image.layer.v1.tar'

export interface CheckpointStores {
  readonly content: ContentStore
  /** Makes and opens the archive of a dump. */
  readonly differ: Differ
}

/**
 * Dumps a task: into the directory that the options name, with no descriptors; or into the content store, as the
 * dump and the spec.
 * @throws {UnknownError} options of another type, the original's code for it
 */
export async function checkpointTask(
  task: Task,
  container: Container,
  stores: CheckpointStores,
  options: TypedAny | undefined,
  call: CallOptions,
): Promise<DescriptorMessage[]> {
  if (options !== undefined && typeNameOf(options.typeUrl) !== CheckpointOptionsSchema.typeName) {
    throw new UnknownError(`invalid task checkpoint option for ${container.runtime.name}`)
  }
  const imagePath = options === undefined ? '' : fromBinary(CheckpointOptionsSchema, options.value).imagePath
  if (imagePath !== '') {
    await task.checkpoint(imagePath, options, call)
    return []
  }
  await using directory = await checkpointDirectory()
  await task.checkpoint(directory.path, options, call)
  const dump = await stores.differ.compare([], bindOf(directory.path), stores.content, {
    ...call,
    mediaType: plainTarType,
    ref: `checkpoint-${task.id}-${randomBytes(3).toString('base64url')}`,
  })
  const config = await storeSpec(stores.content, container, call)
  return [{ ...dump, mediaType: criuCheckpointType }, ...(config === undefined ? [] : [config])].map(toDescriptor)
}

/** A dump from the content store, unpacked; disposal removes it. @throws {UnknownError} another media type */
export async function openCheckpoint(
  checkpoint: Descriptor,
  stores: CheckpointStores,
  call: CallOptions,
): Promise<CheckpointDirectory> {
  if (checkpoint.mediaType !== criuCheckpointType) {
    throw new UnknownError(`restore from ${checkpoint.digest}: media type "${checkpoint.mediaType}"`)
  }
  await using undo = new AsyncDisposableStack()
  const directory = undo.use(await checkpointDirectory())
  await stores.differ.apply({ ...checkpoint, mediaType: plainTarType }, bindOf(directory.path), stores.content, call)
  undo.move()
  return directory
}

export interface CheckpointDirectory extends AsyncDisposable {
  readonly path: string
}

async function checkpointDirectory(): Promise<CheckpointDirectory> {
  const path = await mkdtemp(join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), 'ctrd-checkpoint'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const bindOf = (source: string): readonly Mount[] => [{ type: 'bind', source, options: ['rbind', 'rw'] }]

async function storeSpec(
  content: ContentStore,
  { id, spec }: Container,
  call: CallOptions,
): Promise<Descriptor | undefined> {
  if (spec === undefined) return undefined
  const bytes = toBinary(AnySchema, toAny(spec))
  const digest = digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))
  try {
    await using writer = await content.ingest(`checkpoint-config-${id}-${digest}`, {
      ...call,
      expected: digest,
      totalBytes: bytes.length,
    })
    await writer.truncate(0)
    await writer.write(bytes)
    await writer.commit({ ...call, expected: digest, sizeBytes: bytes.length })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  return { mediaType: checkpointConfigType, digest, sizeBytes: bytes.length }
}
