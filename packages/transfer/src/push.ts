// SPDX-License-Identifier: Apache-2.0
import type { ImageStoreEnd, RegistryEnd } from '@containerd-ts/core'
import { pushImage } from '@containerd-ts/images'
import { allPlatforms, anyOf } from '@containerd-ts/oci'
import type { Transfer } from './context.ts'
import { ownImage } from './image-names.ts'
import { openRegistry } from './registry-access.ts'
import { descriptorReports, reportOf, statement } from './throttle.ts'

/** Image store to registry. */
export async function push({ view, settings, options }: Transfer, from: ImageStoreEnd, to: RegistryEnd): Promise<void> {
  const report = reportOf(options)
  const place = `OCI Registry (${to.reference})`
  const call = { signal: options.signal, lease: options.lease }
  const { name, target } = await ownImage(view.images, from, call)
  report(statement(`Pushing to ${place}`))
  report({ ...statement('pushing content'), name, descriptor: target })
  await using registry = openRegistry(to, settings.registry, call)
  await pushImage(view.content, registry, to.reference, target, {
    ...call,
    platforms: from.platforms.length === 0 ? allPlatforms : anyOf(from.platforms),
    uploads: settings.uploads,
    onProgress: descriptorReports(report, name),
  })
  report({ ...statement('pushed content'), name, descriptor: target })
  report(statement(`Completed push to ${place}`))
}
