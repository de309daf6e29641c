// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Descriptor, Digest, LeaseManager } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { chainId } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'
import { imageDetails } from './image-info.ts'
import { withLease } from './lease.ts'
import { unpackLayers } from './unpack.ts'
import type { UnpackRequest, UnpackTarget } from './unpack.ts'

export interface UnpackImageOptions extends CallOptions {
  readonly platforms: PlatformMatcher
  readonly onLayer?: UnpackRequest['onLayer']
}

/**
 * Unpacks an image whose content is in the store.
 * @returns the chain ID of its top layer; absent for an image without layers
 * @throws {NotFoundError} no manifest for the platform, or a blob is missing
 */
export function unpackImage(
  stores: { readonly content: ContentStore; readonly leases?: LeaseManager | undefined },
  image: Descriptor,
  target: UnpackTarget,
  options: UnpackImageOptions,
): Promise<Digest | undefined> {
  return withLease(stores.leases, options, async (leased) => {
    const { manifest, rootfs } = await imageDetails(stores.content, image, leased.platforms, leased)
    return unpackLayers(stores.content, target, {
      config: manifest.config,
      layers: manifest.layers,
      diffIds: rootfs,
      onLayer: leased.onLayer,
      signal: leased.signal,
      lease: leased.lease,
    })
  })
}

/** Whether the top snapshot of an image is there. */
export async function isUnpacked(
  content: ContentStore,
  image: Descriptor,
  { snapshotter }: Pick<UnpackTarget, 'snapshotter'>,
  options: UnpackImageOptions,
): Promise<boolean> {
  const top = chainId((await imageDetails(content, image, options.platforms, options)).rootfs)
  if (top === undefined) return true
  try {
    await snapshotter.stat(top, options)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}
