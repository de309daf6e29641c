// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Image } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { allPlatforms } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'
import { storeImage } from '../image-record.ts'
import { withLease } from '../lease.ts'
import type { PullStores } from '../pull.ts'
import { TreeConverter } from './tree-converter.ts'

export interface ConvertOptions extends CallOptions {
  /** Stores gzip and zstd layers uncompressed; diff IDs stay. */
  readonly uncompress?: boolean | undefined
  /** Gives Docker's media types OCI's names. Without it Docker's descriptors lose annotations, which are OCI's. */
  readonly oci?: boolean | undefined
  /** Entries of an index that do not match are left out; those without a platform stay. Default: all stay. */
  readonly platforms?: PlatformMatcher | undefined
}

/**
 * Writes another form of an image and names it `target`, with the labels of `source`; a name that exists is taken
 * over. The tree is rewritten from its layers up, all of it has to be in the store, and where nothing changes the new
 * name has the old target. A failed or cancelled conversion names nothing; what it wrote is collected.
 *
 * @throws {InvalidArgumentError} an empty name, or a malformed document
 * @throws {NotFoundError} no such image, a blob is missing, or no entry of an index matches
 * @throws {DataLossError} a layer is damaged
 * @throws {FailedPreconditionError} a layer is not what its diff ID says
 * @throws {UnavailableError} a layer is being converted by somebody else
 */
export async function convertImage(
  stores: PullStores,
  source: string,
  target: string,
  options: ConvertOptions = {},
): Promise<Image> {
  if (source === '' || target === '') throw new InvalidArgumentError('src and target image need to be specified')
  const { uncompress = false, oci = false, platforms = allPlatforms, ...call } = options
  return withLease(stores.leases, call, async (leased) => {
    const image = await stores.images.get(source, leased)
    const converter = new TreeConverter(stores.content, { uncompress, oci, platforms }, leased)
    let converted
    try {
      converted = await converter.convert(image.target)
    } catch (cause) {
      leased.signal?.throwIfAborted()
      throw new Error(`cannot convert image ${source}`, { cause })
    }
    leased.signal?.throwIfAborted()
    return storeImage(stores.images, { name: target, target: converted, labels: image.labels }, leased)
  })
}
