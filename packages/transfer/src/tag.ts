// SPDX-License-Identifier: Apache-2.0
import type { ImageStoreEnd } from '@containerd-ts/core'
import { withLease } from '@containerd-ts/images'
import type { Transfer } from './context.ts'
import { ownImage, storeNames } from './image-names.ts'

/** Image store to image store: other names for the same target. */
export async function tag({ view, options }: Transfer, from: ImageStoreEnd, to: ImageStoreEnd): Promise<void> {
  await withLease(view.leases, options, async ({ signal, lease }) => {
    const { target } = await ownImage(view.images, from, { signal, lease })
    await storeNames(view.images, to, target, 'target', { signal, lease })
  })
}
