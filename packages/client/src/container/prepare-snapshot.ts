// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Image, Labels, Mount } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { unpackImage } from '@containerd-ts/images'
import type { PlatformMatcher } from '@containerd-ts/oci'
import type { NamespaceClient } from '../containerd-client.ts'
import { graceSignal } from '../call-grace.ts'

/** A writable snapshot on top of an image, which is unpacked where it is not yet. */
export interface ImageRootfs {
  readonly kind: 'image'
  readonly image: Image
  readonly platforms: PlatformMatcher
  readonly snapshotter: string
  readonly snapshotLabels?: Labels | undefined
  readonly syncFs?: boolean | undefined
}

/** Asks for the snapshot first: an image is nearly always unpacked already. */
export async function prepareSnapshot(
  client: NamespaceClient,
  key: string,
  rootfs: ImageRootfs,
  parent: string | undefined,
  options: CallOptions,
): Promise<readonly Mount[]> {
  const snapshotter = client.snapshotter(rootfs.snapshotter)
  options.signal?.throwIfAborted()
  const prepare = (): Promise<readonly Mount[]> =>
    snapshotter.prepare(key, parent, {
      ...options,
      signal: graceSignal(options.signal),
      labels: rootfs.snapshotLabels ?? {},
    })
  try {
    return await prepare()
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  const target = {
    snapshotterName: rootfs.snapshotter,
    snapshotter,
    applier: client.differ,
    syncFs: rootfs.syncFs ?? false,
  }
  await unpackImage(client, rootfs.image.target, target, { ...options, platforms: rootfs.platforms })
  return await prepare()
}
