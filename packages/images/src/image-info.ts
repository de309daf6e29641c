// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentManager, ContentProvider, Descriptor, Digest } from '@containerd-ts/core'
import { isNotFound, NotFoundError } from '@containerd-ts/errdefs'
import { isConfigType, isIndexType, isManifestType, normalisePlatform } from '@containerd-ts/oci'
import type { ImageConfig, ImageManifest, OciDescriptor, Platform, PlatformMatcher } from '@containerd-ts/oci'
import { childrenOf, walk } from './handlers.ts'
import { readConfig, readIndex, readManifest } from './read-blob.ts'

export interface SelectedManifest {
  readonly descriptor: OciDescriptor
  readonly manifest: ImageManifest
}

/**
 * The manifest that serves a platform. A target that is a manifest is used whatever its platform; of an index
 * the best entry alone is looked at.
 * @throws {NotFoundError} none matches, or a blob on the way is missing
 */
export async function selectManifest(
  content: ContentProvider,
  target: OciDescriptor,
  platforms: PlatformMatcher,
  options?: CallOptions,
): Promise<SelectedManifest> {
  if (isManifestType(target.mediaType))
    return { descriptor: target, manifest: await readManifest(content, target, options) }
  const found = isIndexType(target.mediaType) ? await best(content, target, platforms, options) : undefined
  if (found === undefined) throw new NotFoundError(`no match for platform in manifest ${target.digest}`)
  return found
}

async function best(
  content: ContentProvider,
  index: OciDescriptor,
  platforms: PlatformMatcher,
  options: CallOptions | undefined,
): Promise<SelectedManifest | undefined> {
  const { manifests } = await readIndex(content, index, options)
  const matching = manifests.filter(({ platform }) => platform === undefined || platforms.match(platform))
  const [first] = matching.toSorted((a, b) => {
    if (a.platform === undefined || b.platform === undefined) {
      return Number(a.platform === undefined) - Number(b.platform === undefined)
    }
    return platforms.compare(a.platform, b.platform)
  })
  if (first === undefined) return undefined
  if (isIndexType(first.mediaType)) return best(content, first, platforms, options)
  if (!isManifestType(first.mediaType)) return undefined
  const manifest = await readManifest(content, first, options)
  if (first.platform === undefined) {
    const config = await readConfig(content, manifest.config, options)
    if (!platforms.match(config.platform)) return undefined
  }
  return { descriptor: first, manifest }
}

export interface ImageDetails extends SelectedManifest {
  readonly config: ImageConfig
  /** Diff IDs, from the bottom. */
  readonly rootfs: readonly Digest[]
}

/** Manifest, config and diff IDs that a platform runs. @throws {NotFoundError} */
export async function imageDetails(
  content: ContentProvider,
  target: Descriptor,
  platforms: PlatformMatcher,
  options?: CallOptions,
): Promise<ImageDetails> {
  const selected = await selectManifest(content, target, platforms, options)
  const config = await readConfig(content, selected.manifest.config, options)
  return { ...selected, config, rootfs: config.diffIds }
}

/** Sum of the sizes that descriptors name, on the way to one platform's image; duplicates count each time. */
export async function imageSize(
  content: ContentProvider,
  target: Descriptor,
  platforms: PlatformMatcher,
  options?: CallOptions,
): Promise<number> {
  const { descriptor, manifest } = await selectManifest(content, target, platforms, options)
  const parts = [
    ...(descriptor.digest === target.digest ? [] : [target]),
    descriptor,
    manifest.config,
    ...manifest.layers,
  ]
  return parts.reduce((sum, part) => sum + part.sizeBytes, 0)
}

/** Platforms an image has manifests for, normalised; entries such as attestations have none. */
export async function imagePlatforms(
  content: ContentProvider,
  target: Descriptor,
  options?: CallOptions,
): Promise<readonly Platform[]> {
  const found: Platform[] = []
  const children = childrenOf(content, options)
  const visit = async (descriptor: OciDescriptor): Promise<void> => {
    const { platform } = descriptor
    if (platform !== undefined) {
      if (platform.os !== 'unknown' && platform.architecture !== 'unknown') found.push(normalisePlatform(platform))
      return
    }
    if (isConfigType(descriptor.mediaType)) {
      found.push(normalisePlatform((await readConfig(content, descriptor, options)).platform))
      return
    }
    for (const child of await children(descriptor)) await visit(child)
  }
  await visit(target)
  return found
}

export interface ImageCheck {
  /** The manifest could be read. */
  readonly available: boolean
  readonly required: readonly OciDescriptor[]
  readonly present: readonly OciDescriptor[]
  readonly missing: readonly OciDescriptor[]
}

/** Looks which parts of a platform's image are there: config and layers of the selected manifest. */
export async function checkImage(
  content: ContentProvider & Pick<ContentManager, 'info'>,
  target: Descriptor,
  platforms: PlatformMatcher,
  options?: CallOptions,
): Promise<ImageCheck> {
  let selected: SelectedManifest
  try {
    selected = await selectManifest(content, target, platforms, options)
  } catch (error) {
    if (!isNotFound(error)) throw error
    return { available: false, required: [target], present: [], missing: [target] }
  }
  const required = [selected.manifest.config, ...selected.manifest.layers]
  const present: OciDescriptor[] = []
  const missing: OciDescriptor[] = []
  for (const part of required) {
    const there = await content.info(part.digest, options).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false
        throw error
      },
    )
    ;(there ? present : missing).push(part)
  }
  return { available: true, required, present, missing }
}

/** All descriptors of an image, of all platforms; children that are missing are not followed. */
export async function* imageDescriptors(
  content: ContentProvider,
  target: Descriptor,
  options?: CallOptions,
): AsyncIterable<OciDescriptor> {
  const children = childrenOf(content, options)
  yield* walk([target], (descriptor) =>
    children(descriptor).catch((error: unknown) => {
      if (isNotFound(error)) return []
      throw error
    }),
  )
}
