// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentProvider } from '@containerd-ts/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import { isAttestationType, isConfigType, isIndexType, isManifestType } from '@containerd-ts/oci'
import type { OciDescriptor, PlatformMatcher } from '@containerd-ts/oci'
import { readIndex, readManifest } from './read-blob.ts'

/** Answers what a descriptor leads to. */
export type ChildrenHandler = (descriptor: OciDescriptor) => Promise<readonly OciDescriptor[]>

/** Config and layers of a manifest, entries of an index, nothing of anything else. */
export const childrenOf =
  (content: ContentProvider, options?: CallOptions): ChildrenHandler =>
  async (descriptor) => {
    if (isManifestType(descriptor.mediaType)) {
      const { config, layers } = await readManifest(content, descriptor, options)
      return [config, ...layers]
    }
    if (isIndexType(descriptor.mediaType)) return (await readIndex(content, descriptor, options)).manifests
    return []
  }

/** Leaves out entries of an index whose platform is named and does not match. */
export const filterPlatforms =
  (next: ChildrenHandler, matcher: PlatformMatcher): ChildrenHandler =>
  async (descriptor) => {
    const children = await next(descriptor)
    if (!isIndexType(descriptor.mediaType)) return children
    return children.filter(({ platform }) => platform === undefined || matcher.match(platform))
  }

/** Keeps the entries of all platforms, but of the manifests that do not match only what describes them. */
export const filterLayersByPlatform =
  (next: ChildrenHandler, matcher: PlatformMatcher): ChildrenHandler =>
  async (descriptor) => {
    const children = await next(descriptor)
    const { platform, mediaType } = descriptor
    if (platform === undefined || !isManifestType(mediaType) || matcher.match(platform)) return children
    return children.filter((child) => isConfigType(child.mediaType) || isAttestationType(child.mediaType))
  }

/** Best matches first; descriptors without a platform last. */
export const sortByPlatform = (
  descriptors: readonly OciDescriptor[],
  matcher: PlatformMatcher,
): readonly OciDescriptor[] =>
  descriptors.toSorted((a, b) => {
    if (a.platform === undefined || b.platform === undefined) {
      return Number(a.platform === undefined) - Number(b.platform === undefined)
    }
    return matcher.compare(a.platform, b.platform)
  })

/** At most `limit` manifests per index, the best ones. An index left with none is NotFound. */
export const limitManifests =
  (next: ChildrenHandler, matcher: PlatformMatcher, limit: number): ChildrenHandler =>
  async (descriptor) => {
    const children = await next(descriptor)
    if (!isIndexType(descriptor.mediaType)) return children
    const sorted = sortByPlatform(children, matcher)
    if (limit > 0 && sorted.length === 0) {
      throw new NotFoundError(`no match for platform in manifest ${descriptor.digest}`)
    }
    return limit > 0 ? sorted.slice(0, limit) : sorted
  }

/** Visits a tree depth first, parents before children, each descriptor as often as it is named. */
export async function* walk(roots: readonly OciDescriptor[], children: ChildrenHandler): AsyncIterable<OciDescriptor> {
  for (const root of roots) {
    yield root
    yield* walk(await children(root), children)
  }
}
