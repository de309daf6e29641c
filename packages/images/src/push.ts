// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Descriptor } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { Semaphore } from '@containerd-ts/lifecycle'
import { allPlatforms, isIndexType, isManifestType, isNonDistributableType } from '@containerd-ts/oci'
import type { OciDescriptor, PlatformMatcher } from '@containerd-ts/oci'
import type { Pusher, Resolver } from '@containerd-ts/remotes'
import { childrenOf, filterPlatforms } from './handlers.ts'
import type { ChildrenHandler } from './handlers.ts'
import { ProgressReporter } from './progress.ts'
import type { OnProgress } from './progress.ts'
import { blobBytes } from './read-blob.ts'
import { runAll } from './run-all.ts'
import { addSourceLabel, mountSource } from './source-label.ts'
import { parseReference } from '@containerd-ts/oci'

export interface PushImageOptions extends CallOptions {
  /** Pushes the manifests of these platforms only; an index is then sent with entries the registry may lack. */
  readonly platforms?: PlatformMatcher | undefined
  /** Blobs sent at a time. Default 3. */
  readonly maxConcurrentUploads?: number | undefined
  /** Shared with other pushes; takes the place of `maxConcurrentUploads`. */
  readonly uploads?: Semaphore | undefined
  /** Leave out layers that must not be passed on. */
  readonly skipNonDistributable?: boolean | undefined
  readonly onProgress?: OnProgress | undefined
}

/**
 * Pushes a tree under a reference: blobs first, side by side, then manifests, then indexes from the inside out,
 * so that nothing in the registry ever names what is not there.
 * @throws {NotFoundError} a blob of the tree is not in the store
 * @throws {UnauthenticatedError} @throws {PermissionDeniedError} @throws {UnavailableError}
 */
export async function pushImage(
  content: ContentStore,
  resolver: Resolver,
  ref: string,
  target: Descriptor,
  options: PushImageOptions = {},
): Promise<void> {
  const { signal, platforms = allPlatforms } = options
  const reporter = new ProgressReporter(options.onProgress)
  const named = ref.includes('@') ? ref : `${ref}@${target.digest}`
  const pusher = await resolver.pusher(named)
  const tree = await collect(content, target, filterPlatforms(childrenOf(content, options), platforms), reporter)
  const blobs = tree.filter(({ mediaType }) => !isIndexType(mediaType) && !isManifestType(mediaType))
  const wanted =
    options.skipNonDistributable === true ? blobs.filter((blob) => !isNonDistributableType(blob.mediaType)) : blobs
  const uploads = options.uploads ?? new Semaphore(options.maxConcurrentUploads ?? 3)
  const send = (descriptor: OciDescriptor, stop: AbortSignal | undefined): Promise<void> =>
    uploads.run(() => pushOne(content, pusher, ref, descriptor, reporter, { ...options, signal: stop }), stop)
  await runAll(wanted, signal, send)
  await runAll(
    tree.filter(({ mediaType }) => isManifestType(mediaType)),
    signal,
    send,
  )
  for (const index of tree.filter(({ mediaType }) => isIndexType(mediaType)).reverse()) await send(index, signal)
}

/** The tree's descriptors, each once, parents before children. */
async function collect(
  content: ContentStore,
  root: OciDescriptor,
  children: ChildrenHandler,
  reporter: ProgressReporter,
): Promise<readonly OciDescriptor[]> {
  const found = new Map<string, OciDescriptor>()
  const visit = async (descriptor: OciDescriptor): Promise<void> => {
    if (found.has(descriptor.digest)) return
    found.set(descriptor.digest, descriptor)
    const below = await children(descriptor)
    reporter.children(descriptor, below)
    for (const child of below) await visit(child)
  }
  await visit(root)
  return [...found.values()]
}

async function pushOne(
  content: ContentStore,
  pusher: Pusher,
  ref: string,
  descriptor: OciDescriptor,
  reporter: ProgressReporter,
  options: CallOptions,
): Promise<void> {
  const { host, repository } = pusher.target
  const call = { signal: options.signal, lease: options.lease }
  const labels = await content.info(descriptor.digest, call).then(
    (info) => info.labels,
    (error: unknown) => {
      // A blob that is not here may still be mounted, or be there already.
      if (isNotFound(error)) return {}
      throw error
    },
  )
  const outcome = await pusher.push(descriptor, () => blobBytes(content, descriptor.digest, call), {
    ...call,
    mountFrom: mountSource({ ...labels, ...descriptor.annotations }, host, repository),
    onProgress: (sentBytes) => reporter.part('uploading', descriptor, sentBytes),
  })
  reporter.part(outcome === 'pushed' ? 'complete' : 'already exists', descriptor)
  await addSourceLabel(content, descriptor.digest, parseReference(ref), call)
}
