// SPDX-License-Identifier: Apache-2.0
import { JsonType, packJson } from '@containerd-ts/api'
import type { CallOptions, Container, ContainerRuntime, Labels, TypedAny } from '@containerd-ts/core'
import { imageDetails, withLease } from '@containerd-ts/images'
import { chainId } from '@containerd-ts/oci'
import type { ImageConfig, RootFileReader, RuntimeSpec } from '@containerd-ts/oci'
import type { NamespaceClient } from '../containerd-client.ts'
import { graceSignal } from '../call-grace.ts'
import { containerLabels, stopSignalLabel } from './container-labels.ts'
import { prepareSnapshot } from './prepare-snapshot.ts'
import type { ImageRootfs } from './prepare-snapshot.ts'
import { directoryFiles, snapshotFiles } from './snapshot-files.ts'

/** What a container's spec can be made from. */
export interface SpecSource {
  /** Absent without an image. */
  readonly image: ImageConfig | undefined
  /** Files of the root file system, such as its users. */
  readonly read: RootFileReader
}

/** Where a container's root file system comes from. */
export type ContainerRootfs =
  | ImageRootfs
  /** A directory that exists; nothing is made or removed. */
  | { readonly kind: 'directory'; readonly path: string }
  /** Whatever the spec says. */
  | { readonly kind: 'none' }

export interface ContainerRequest {
  readonly id: string
  readonly rootfs: ContainerRootfs
  readonly runtime: ContainerRuntime
  readonly labels?: Labels | undefined
  readonly sandboxId?: string | undefined
  readonly extensions?: Readonly<Record<string, TypedAny>> | undefined
  readonly makeSpec: (source: SpecSource) => Promise<RuntimeSpec>
  readonly onWarning?: ((message: string) => void) | undefined
}

/**
 * Makes a container: its snapshot, its spec, its record, all under a lease. Nothing is left when a step fails.
 * @throws {AlreadyExistsError} the id, or a snapshot of that key, is taken @throws {NotFoundError} no such image
 */
export async function createContainer(
  client: NamespaceClient,
  request: ContainerRequest,
  options: CallOptions = {},
): Promise<Container> {
  return await withLease(client.leases, options, async (leased) => {
    await using undo = new AsyncDisposableStack()
    const root = await prepareRoot(client, request, leased, undo)
    const spec = await request.makeSpec(root.source)
    const { typeUrl, value } = packJson(JsonType.Spec, spec)
    leased.signal?.throwIfAborted()
    const container = await client.containers.create(
      {
        id: request.id,
        runtime: request.runtime,
        spec: { typeUrl, value },
        ...root.record,
        ...(request.sandboxId === undefined ? {} : { sandboxId: request.sandboxId }),
        ...(request.extensions === undefined ? {} : { extensions: request.extensions }),
      },
      { ...leased, signal: graceSignal(leased.signal) },
    )
    undo.defer(() => client.containers.delete(request.id))
    leased.signal?.throwIfAborted()
    undo.move()
    return container
  })
}

interface PreparedRoot {
  readonly source: SpecSource
  readonly record: Partial<Pick<Container, 'image' | 'labels' | 'snapshotter' | 'snapshotKey'>>
}

async function prepareRoot(
  client: NamespaceClient,
  { id, rootfs, labels = {}, onWarning }: ContainerRequest,
  options: CallOptions,
  undo: AsyncDisposableStack,
): Promise<PreparedRoot> {
  if (rootfs.kind !== 'image') {
    const read = rootfs.kind === 'directory' ? directoryFiles(rootfs.path) : async () => undefined
    return { source: { image: undefined, read }, record: { labels } }
  }
  const { config, rootfs: diffIds } = await imageDetails(client.content, rootfs.image.target, rootfs.platforms, options)
  const mounts = await prepareSnapshot(client, id, rootfs, chainId(diffIds), options)
  undo.defer(() => client.snapshotter(rootfs.snapshotter).remove(id))
  const all = containerLabels({ config: config.config.labels, image: rootfs.image.labels, own: labels, onWarning })
  return {
    source: { image: config, read: snapshotFiles(mounts, options) },
    record: {
      image: rootfs.image.name,
      labels: { ...all, [stopSignalLabel]: config.config.stopSignal === '' ? 'SIGTERM' : config.config.stopSignal },
      snapshotter: rootfs.snapshotter,
      snapshotKey: id,
    },
  }
}
