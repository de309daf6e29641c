// SPDX-License-Identifier: Apache-2.0
import { toBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { packMessage } from '@containerd-ts/api'
import { CheckpointOptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { CallOptions, Container, Descriptor, Image, TypedAny } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { storeImage, withLease, writeDocument } from '@containerd-ts/images'
import { encodeIndex, MediaType } from '@containerd-ts/oci'
import { toAny } from '@containerd-ts/wire'
import type { NamespaceClient } from '../containerd-client.ts'
import { diffSnapshots } from '../container/diff-snapshots.ts'
import { CheckpointAnnotation } from './checkpoint-format.ts'

export interface CheckpointRequest {
  readonly id: string
  /** Name of the image that the checkpoint becomes. */
  readonly name: string
  /** Take the container's image along. */
  readonly image?: boolean | undefined
  /** Take along what it wrote. */
  readonly rw?: boolean | undefined
  /** Take along its process, which needs CRIU. */
  readonly task?: boolean | undefined
}

/**
 * Stores a container as an image of its parts, in the original's format. A running process is paused meanwhile.
 * @throws {NotFoundError} no such container, or a process is wanted and there is none
 */
export async function checkpointContainer(
  client: NamespaceClient,
  request: CheckpointRequest,
  options: CallOptions = {},
): Promise<Image> {
  return await withLease(client.leases, options, async (leased) => {
    const container = await client.containers.get(request.id, leased)
    await using _paused = await pauseTask(client, request, leased)
    const parts: Descriptor[] = []
    const add = async (mediaType: string, any: TypedAny | undefined): Promise<void> => {
      if (any === undefined) return
      const bytes = toBinary(AnySchema, toAny(any))
      parts.push(await writeDocument(client.content, 'checkpoint-', mediaType, bytes, leased))
    }
    await add(MediaType.checkpointRuntimeOptions, container.runtime.options)
    if (request.image === true) parts.push((await client.images.get(container.image, leased)).target)
    if (request.task === true) {
      const taskOptions = packMessage(CheckpointOptionsSchema, {})
      parts.push(...(await client.tasks.checkpoint(request.id, taskOptions, leased)))
      await add(MediaType.checkpointOptions, taskOptions)
    } else await add(MediaType.checkpointConfig, container.spec)
    if (request.rw === true) {
      const { snapshotter, snapshotKey: upper } = container
      parts.push(await diffSnapshots(client, { snapshotter, upper }, { ...leased, ref: `checkpoint-rw-${upper}` }))
    }
    const target = await writeIndex(client, container, parts, leased)
    return await storeImage(client.images, { name: request.name, target }, leased)
  })
}

/** Holds a task still until disposal. */
async function pauseTask(
  client: NamespaceClient,
  { id, task: wanted }: CheckpointRequest,
  options: CallOptions,
): Promise<AsyncDisposable> {
  const nothing = { [Symbol.asyncDispose]: async () => {} }
  try {
    const task = await client.tasks.get(id, options)
    if ((await task.state('', options)).status !== 'running') return nothing
    await task.pause(options)
    return { [Symbol.asyncDispose]: () => task.resume() }
  } catch (error) {
    if (isNotFound(error) && wanted !== true) return nothing
    throw error
  }
}

function writeIndex(
  client: NamespaceClient,
  { image, runtime, snapshotter }: Container,
  parts: readonly Descriptor[],
  options: CallOptions,
): Promise<Descriptor> {
  const annotations = {
    [CheckpointAnnotation.image]: image,
    [CheckpointAnnotation.runtime]: runtime.name,
    [CheckpointAnnotation.snapshotter]: snapshotter,
  }
  const labels = Object.fromEntries(parts.map(({ digest }, at) => [`containerd.io/gc.ref.content.${at}`, digest]))
  const index = encodeIndex({ manifests: parts, annotations })
  return writeDocument(client.content, 'checkpoint-', MediaType.ociIndex, index, { ...options, labels })
}
