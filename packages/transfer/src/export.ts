// SPDX-License-Identifier: Apache-2.0
import type { ExportStreamEnd, ImageStoreEnd } from '@containerd-ts/core'
import { exportArchive } from '@containerd-ts/images'
import { hostPlatform, onlyStrict, ordered } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'
import type { Transfer } from './context.ts'
import { namedImages } from './image-names.ts'
import { reportOf, statement } from './throttle.ts'

/** Image store to a byte stream: one archive of all images named. */
export async function exportImages(
  { view, options }: Transfer,
  from: ImageStoreEnd,
  to: ExportStreamEnd,
): Promise<void> {
  const report = reportOf(options)
  const call = { signal: options.signal, lease: options.lease }
  report(statement('Exporting'))
  const images = await namedImages(view.images, from, call)
  const items = images.map(({ name, target }) => ({ target, names: [name] }))
  const archive = exportArchive(view.content, items, {
    ...call,
    platforms: exportedPlatforms(to),
    skipDockerManifest: to.skipCompatibilityManifest,
    skipNonDistributable: to.skipNonDistributable,
  })
  for await (const chunk of archive) await to.sink.write(chunk, call)
  report(statement('Completed export'))
}

function exportedPlatforms({ platforms, allPlatforms }: ExportStreamEnd): PlatformMatcher | undefined {
  if (allPlatforms) return undefined
  return platforms.length === 0 ? onlyStrict(hostPlatform()) : ordered(platforms)
}
