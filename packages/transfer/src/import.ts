// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Descriptor, ImageStoreEnd, ImportStreamEnd } from '@containerd-ts/core'
import { isNotFound, NotFoundError } from '@containerd-ts/errdefs'
import {
  addLabels,
  childLabels,
  childrenOf,
  filterLayersByPlatform,
  filterPlatforms,
  importIndex,
  limitManifests,
  ProgressReporter,
  readConfig,
  readIndex,
  readManifest,
  unpackLayers,
  walk,
  withLease,
} from '@containerd-ts/images'
import type { ChildrenHandler, UnpackPlan } from '@containerd-ts/images'
import { isManifestType } from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { platformsOf } from './context.ts'
import type { Transfer } from './context.ts'
import { storeNames } from './image-names.ts'
import { descriptorReports, reportOf, statement } from './throttle.ts'
import { unpackPlans } from './unpack-plans.ts'

/** Byte stream to image store: store the archive's content, unpack what is asked for, name what has a name. */
export async function importImages(
  { view, settings, options }: Transfer,
  from: ImportStreamEnd,
  to: ImageStoreEnd,
): Promise<void> {
  const report = reportOf(options)
  const plans = unpackPlans(to, view, settings.unpack)
  await withLease(view.leases, options, async (leased) => {
    const call = { signal: leased.signal, lease: leased.lease }
    report(statement('Importing'))
    const index = await importIndex(view.content, from.bytes, { ...call, compressBlobs: from.forceCompress })
    const reporter = new ProgressReporter(descriptorReports(report, ''))
    const wanted = await collect(index, storedChildren(view.content, to, call), reporter)
    for (const manifest of wanted.filter(({ mediaType }) => isManifestType(mediaType))) {
      await unpack(view.content, manifest, plans, reporter, call)
    }
    const { manifests } = await readIndex(view.content, index, call)
    for (const [origin, targets] of [
      ['target', [index]],
      ['index-entry', manifests],
    ] as const) {
      for (const target of targets) {
        for (const image of await namesOrNone(() => storeNames(view.images, to, target, origin, call))) {
          report({ ...statement('saved'), name: image.name, descriptor: image.target })
        }
      }
    }
    report(statement('Completed import'))
  })
}

/** Ties each parent to all its children, then picks those that the store wants. */
function storedChildren(content: ContentStore, to: ImageStoreEnd, call: CallOptions): ChildrenHandler {
  const platforms = platformsOf(to)
  const next = childrenOf(content, call)
  const tied: ChildrenHandler = async (descriptor) => {
    const children = await next(descriptor)
    await addLabels(content, descriptor.digest, childLabels(children), call)
    return children
  }
  const matching = to.allMetadata ? filterLayersByPlatform(tied, platforms) : filterPlatforms(tied, platforms)
  return to.manifestLimit > 0 ? limitManifests(matching, platforms, to.manifestLimit) : matching
}

/** @throws {NotFoundError} nothing lies below the index, or a document is missing */
async function collect(
  index: Descriptor,
  children: ChildrenHandler,
  reporter: ProgressReporter,
): Promise<readonly OciDescriptor[]> {
  const found = new Map<string, OciDescriptor>()
  const told: ChildrenHandler = async (descriptor) => {
    if (found.has(descriptor.digest)) return []
    found.set(descriptor.digest, descriptor)
    const below = await children(descriptor)
    reporter.children(descriptor, below)
    return below
  }
  for await (const descriptor of walk([index], told)) void descriptor
  if (found.size <= 1) throw new NotFoundError(`index ${index.digest} has nothing for the platforms wanted`)
  return [...found.values()]
}

async function unpack(
  content: ContentStore,
  descriptor: OciDescriptor,
  plans: readonly UnpackPlan[],
  reporter: ProgressReporter,
  call: CallOptions,
): Promise<void> {
  if (plans.length === 0) return
  const { config, layers } = await readManifest(content, descriptor, call)
  const { platform, diffIds } = await readConfig(content, config, call)
  const plan = plans.find(
    ({ platforms, configType = config.mediaType }) => configType === config.mediaType && platforms.match(platform),
  )
  if (plan === undefined) return
  await unpackLayers(content, plan.target, {
    ...call,
    config,
    layers,
    diffIds,
    onLayer: (event, layer, readBytes) => reporter.part(event, layer, readBytes),
  })
}

/** A descriptor that ends up without a name makes no image. */
async function namesOrNone<T>(names: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await names()
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}
