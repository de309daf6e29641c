// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Image, ImageStore, Labels, LeaseManager } from '@containerd-ts/core'
import { KeyedLock, Semaphore } from '@containerd-ts/lifecycle'
import type { OciDescriptor } from '@containerd-ts/oci'
import type { Resolver } from '@containerd-ts/remotes'
import type { FetchScope, UnpackPlan } from './fetch-scope.ts'
import { fetchTree } from './fetch-tree.ts'
import { storeImage } from './image-record.ts'
import { withLease } from './lease.ts'
import { ProgressReporter } from './progress.ts'
import type { OnProgress } from './progress.ts'

export interface PullStores {
  readonly content: ContentStore
  readonly images: ImageStore
  /** Without it and without `options.lease`, garbage collection may take what a pull has not finished. */
  readonly leases?: LeaseManager | undefined
}

export interface PullOptions extends CallOptions, FetchScope {
  /** Name to store; the reference when absent. */
  readonly name?: string | undefined
  readonly labels?: Labels | undefined
  /** The first plan whose platform accepts an image's config unpacks it; none fetches only. */
  readonly unpack?: readonly UnpackPlan[] | undefined
  readonly onProgress?: OnProgress | undefined
}

/**
 * Pulls an image: resolves it, fetches and unpacks its layers side by side, and names it last. A failed or
 * cancelled pull leaves no name and no extraction snapshot; what it fetched is resumed by the next.
 * @throws {InvalidArgumentError} not a full reference
 * @throws {NotFoundError} no such image, or none for the platform
 * @throws {UnauthenticatedError} @throws {PermissionDeniedError} @throws {UnavailableError}
 * @throws {FailedPreconditionError} content differs from its digest
 */
export function pullImage(stores: PullStores, resolver: Resolver, ref: string, options: PullOptions): Promise<Image> {
  return withLease(stores.leases, options, async (leased) => {
    const reporter = new ProgressReporter(leased.onProgress)
    reporter.whole('resolving', ref)
    const { descriptor } = await resolver.resolve(ref, leased)
    reporter.whole('resolved', ref, descriptor)
    const target = await fetchImage(stores.content, resolver, ref, descriptor, { ...leased, reporter })
    leased.signal?.throwIfAborted()
    const image = await storeImage(stores.images, { name: leased.name ?? ref, target, labels: leased.labels }, leased)
    reporter.whole('saved', image.name, target)
    return image
  })
}

/** Fetches, and unpacks where asked, without naming anything; the caller holds a lease. */
export async function fetchImage(
  content: ContentStore,
  resolver: Resolver,
  ref: string,
  target: OciDescriptor,
  options: Omit<PullOptions, 'name' | 'labels' | 'onProgress'> & { readonly reporter: ProgressReporter },
): Promise<OciDescriptor> {
  const fetcher = await resolver.fetcher(ref)
  await fetchTree(target, {
    ...options,
    content,
    fetcher,
    ref,
    downloads: options.downloads ?? new Semaphore(options.maxConcurrentDownloads ?? 3),
    blobs: new KeyedLock(),
  })
  return target
}
