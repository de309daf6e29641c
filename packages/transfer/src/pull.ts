// SPDX-License-Identifier: Apache-2.0
import type { Descriptor, ImageStoreEnd, RegistryEnd } from '@containerd-ts/core'
import { UnknownError } from '@containerd-ts/errdefs'
import { fetchImage, ProgressReporter, withLease } from '@containerd-ts/images'
import { platformsOf } from './context.ts'
import type { Transfer } from './context.ts'
import { storeNames } from './image-names.ts'
import { openRegistry } from './registry-access.ts'
import { descriptorReports, reportOf, statement } from './throttle.ts'
import { unpackPlans } from './unpack-plans.ts'

/** Registry to image store: resolve, ask the verifiers, fetch and unpack, name. */
export async function pull({ view, settings, options }: Transfer, from: RegistryEnd, to: ImageStoreEnd): Promise<void> {
  const report = reportOf(options)
  const place = `OCI Registry (${from.reference})`
  const unpack = unpackPlans(to, view, settings.unpack)
  await withLease(view.leases, options, async (leased) => {
    const call = { signal: leased.signal, lease: leased.lease }
    report(statement(`Resolving from ${place}`))
    await using registry = openRegistry(from, settings.registry, call)
    const { descriptor } = await registry.resolve(from.reference, call)
    await askVerifiers(settings.verifiers, from.reference, descriptor, call)
    report(statement(`Pulling from ${place}`))
    report({ ...statement('fetching image content'), name: from.reference, descriptor })
    await fetchImage(view.content, registry, from.reference, descriptor, {
      ...call,
      platforms: platformsOf(to),
      allMetadata: to.allMetadata,
      manifestLimit: to.manifestLimit,
      unpack,
      downloads: settings.downloads,
      reporter: new ProgressReporter(descriptorReports(report, from.reference)),
    })
    for (const { name, target } of await storeNames(view.images, to, descriptor, 'target', call)) {
      report({ ...statement('saved'), name, descriptor: target })
    }
    report(statement(`Completed pull from ${place}`))
  })
}

/** @throws {UnknownError} one of them is against it, as the original has it; or the verifier's own failure */
async function askVerifiers(
  verifiers: Transfer['settings']['verifiers'],
  name: string,
  descriptor: Descriptor,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for (const [id, verifier] of verifiers) {
    const { ok, reason } = await verifier.verify(name, descriptor, options)
    if (ok) continue
    throw new UnknownError(
      `image verifier ${id} blocked pull of ${name} with digest ${descriptor.digest} for reason: ${reason}`,
    )
  }
}
