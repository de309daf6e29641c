// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { CallOptions, Container, Descriptor, Image, TypedAny } from '@containerd-ts/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import { imageDetails, readBlob, readIndex, withLease } from '@containerd-ts/images'
import { chainId, hostMatcher, isLayerType, MediaType } from '@containerd-ts/oci'
import { fromAny } from '@containerd-ts/wire'
import type { NamespaceClient } from '../containerd-client.ts'
import { graceSignal } from '../call-grace.ts'
import { prepareSnapshot } from '../container/prepare-snapshot.ts'
import { CheckpointAnnotation } from './checkpoint-format.ts'

export interface RestoreRequest {
  readonly id: string
  /** An image that `checkpointContainer`, or the original, made. */
  readonly checkpoint: Image
  /** Bring back what the container had written. */
  readonly rw?: boolean | undefined
  /** The process is wanted as well. */
  readonly task?: boolean | undefined
}

export interface RestoredContainer {
  readonly container: Container
  /** The process at the checkpoint, for the task to begin with; absent where it was not taken along. */
  readonly process: Descriptor | undefined
}

/**
 * Makes a container of a checkpoint: its snapshot, then its record. Nothing is left when a step fails.
 * @throws {NotFoundError} the checkpoint lacks a part, or its image is gone @throws {AlreadyExistsError} the id is taken
 */
export async function restoreContainer(
  client: NamespaceClient,
  { id, checkpoint, rw = false, task = false }: RestoreRequest,
  options: CallOptions = {},
): Promise<RestoredContainer> {
  return await withLease(client.leases, options, async (leased) => {
    const { manifests, annotations = {} } = await readIndex(client.content, checkpoint.target, leased)
    const part = (mediaType: string): Descriptor | undefined => manifests.find((each) => each.mediaType === mediaType)
    const noted = (key: string): string => present(annotations[key], checkpoint, key)
    const any = (descriptor: Descriptor): Promise<TypedAny | undefined> => readAny(client, descriptor, leased)

    const image = await client.images.get(noted(CheckpointAnnotation.image), leased)
    const snapshotter = noted(CheckpointAnnotation.snapshotter)
    const runtimeOptions = part(MediaType.checkpointRuntimeOptions)
    const runtime = {
      name: noted(CheckpointAnnotation.runtime),
      options: runtimeOptions === undefined ? undefined : await any(runtimeOptions),
    }
    const process = part(MediaType.checkpointCriu)
    if (task) present(process, checkpoint, 'process')
    const spec = await any(present(part(MediaType.checkpointConfig), checkpoint, 'spec'))

    await using undo = new AsyncDisposableStack()
    const platforms = hostMatcher()
    const { rootfs } = await imageDetails(client.content, image.target, platforms, leased)
    const root = { kind: 'image', image, platforms, snapshotter } as const
    const mounts = await prepareSnapshot(client, id, root, chainId(rootfs), leased)
    undo.defer(() => client.snapshotter(snapshotter).remove(id))
    if (rw) {
      const layer = manifests.find(({ mediaType }) => isLayerType(mediaType))
      await client.differ.apply(present(layer, checkpoint, 'written files'), mounts, client.content, leased)
    }
    leased.signal?.throwIfAborted()
    const record = { id, image: image.name, runtime, spec, snapshotter, snapshotKey: id }
    const container = await client.containers.create(record, { ...leased, signal: graceSignal(leased.signal) })
    undo.move()
    return { container, process }
  })
}

async function readAny(
  { content }: NamespaceClient,
  descriptor: Descriptor,
  options: CallOptions,
): Promise<TypedAny | undefined> {
  return fromAny(fromBinary(AnySchema, await readBlob(content, descriptor.digest, options)))
}

function present<T>(value: T | undefined, { name }: Image, what: string): T {
  if (value === undefined) throw NotFoundError.of(`${what} in checkpoint`, name)
  return value
}
