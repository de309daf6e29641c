// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Descriptor, Image, Labels } from '@containerd-ts/core'
import { isNotFound, NotFoundError } from '@containerd-ts/errdefs'
import { allPlatforms } from '@containerd-ts/oci'
import type { OciDescriptor, PlatformMatcher } from '@containerd-ts/oci'
import { addLabels, childLabel, childLabels, childLabelWithoutLayers } from '../gc-labels.ts'
import { childrenOf, filterPlatforms } from '../handlers.ts'
import type { ChildrenHandler } from '../handlers.ts'
import { storeImage } from '../image-record.ts'
import { withLease } from '../lease.ts'
import type { PullStores } from '../pull.ts'
import { readIndex } from '../read-blob.ts'
import { importedName } from './image-names.ts'
import type { NameTranslator } from './image-names.ts'
import { importIndex } from './import-index.ts'
import type { ImportIndexOptions } from './import-index.ts'

export interface ImportOptions extends ImportIndexOptions {
  /** Walks, and ties together, matching manifests only. Default: all. */
  readonly platforms?: PlatformMatcher | undefined
  readonly translateName?: NameTranslator | undefined
  /** Also names each manifest by its digest; an empty answer does not. */
  readonly digestName?: ((digest: string) => string) | undefined
  /** Spares entries with such a name the one by digest. */
  readonly skipDigestName?: ((name: string) => boolean) | undefined
  /** Also names the index itself. */
  readonly indexName?: string | undefined
  readonly labels?: Labels | undefined
  /** Children that the archive lacks are passed over. */
  readonly skipMissing?: boolean | undefined
  /** Do not tie layers to their manifest. */
  readonly discardLayers?: boolean | undefined
}

/**
 * Imports an archive and names its images, in the order of its index. Entries that end up without a name make no
 * image.
 * @throws {InvalidArgumentError} not an image archive @throws {NotFoundError} a child is missing, or nothing matches
 */
export function importArchive(
  stores: PullStores,
  archive: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): Promise<readonly Image[]> {
  return withLease(stores.leases, options, async (leased) => {
    const { content, images } = stores
    const index = await importIndex(content, archive, leased)
    await tieTree(content, index, leased)
    const named = await namedTargets(content, index, leased)
    const records: Image[] = []
    for (const { name, target } of named) {
      leased.signal?.throwIfAborted()
      records.push(await storeImage(images, { name, target, labels: leased.labels }, leased))
    }
    return records
  })
}

async function namedTargets(
  content: ContentStore,
  index: Descriptor,
  options: ImportOptions,
): Promise<readonly { readonly name: string; readonly target: Descriptor }[]> {
  const named: { name: string; target: Descriptor }[] = []
  if (options.indexName !== undefined && options.indexName !== '')
    named.push({ name: options.indexName, target: index })
  for (const target of (await readIndex(content, index, options)).manifests) {
    const name = importedName(target.annotations, options.translateName)
    if (name !== '') named.push({ name, target })
    if (options.skipDigestName?.(name) === true) continue
    const byDigest = options.digestName?.(target.digest) ?? ''
    if (byDigest !== '') named.push({ name: byDigest, target })
  }
  return named
}

/** Labels parents with the children that are walked, from the root down; every document on the way is checked. */
export async function tieTree(
  content: ContentStore,
  root: OciDescriptor,
  options: CallOptions & Pick<ImportOptions, 'platforms' | 'skipMissing' | 'discardLayers'>,
): Promise<void> {
  const { platforms = allPlatforms, skipMissing = false, discardLayers = false } = options
  const all = childrenOf(content, options)
  const present: ChildrenHandler = skipMissing ? (d) => all(d).catch(passMissing) : all
  const children = filterPlatforms(present, platforms)
  const call = { signal: options.signal, lease: options.lease }
  let leaves = 0
  const visit = async (descriptor: OciDescriptor): Promise<void> => {
    const below = await children(descriptor)
    const labels = childLabels(below, discardLayers ? childLabelWithoutLayers : childLabel)
    await addLabels(content, descriptor.digest, labels, call)
    if (below.length === 0 && descriptor !== root) leaves++
    for (const child of below) await visit(child)
  }
  await visit(root)
  if (leaves === 0) throw new NotFoundError(`image ${root.digest} might be filtered out: no match for platform`)
}

function passMissing(error: unknown): [] {
  if (isNotFound(error)) return []
  throw error
}
