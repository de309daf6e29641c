// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Descriptor, Image, ImageStore, ImageStoreEnd, Labels, NewImage } from '@containerd-ts/core'
import { LabelKey } from '@containerd-ts/core'
import { isAlreadyExists, isNotFound, NotFoundError, UnimplementedError } from '@containerd-ts/errdefs'
import { addRefPrefix, bareDescriptor, filterRefPrefix, importedName } from '@containerd-ts/images'

/** Where a descriptor comes from: the target of the transfer, or an entry of an imported index. */
type Origin = 'target' | 'index-entry'

/** An instant that has passed: an image with it lives only through what refers to it. */
const longAgo = '1970-01-01T00:00:00Z'

/** The image records that a store end wants for a descriptor; may be none. */
function imagesFor(end: ImageStoreEnd, target: Descriptor, origin: Origin): readonly NewImage[] {
  const extra = (name: string): NewImage => ({ name, target, labels: extraLabels(end) })
  if (origin === 'index-entry') {
    return end.extraReferences
      .filter(({ isPrefix }) => isPrefix)
      .flatMap((reference) => entryNames(reference, target).map(extra))
  }
  const own = end.name === '' ? [] : [{ name: end.name, target, labels: end.labels }]
  const extras = end.extraReferences.flatMap(({ name, isPrefix, addDigest }) => {
    if (addDigest) return [`${name}@${target.digest}`]
    return isPrefix ? [] : [name]
  })
  return [...own, ...extras.map(extra)]
}

function entryNames(
  { name: prefix, allowOverwrite, addDigest, skipNamedDigest }: ImageStoreEnd['extraReferences'][number],
  { digest, annotations }: Descriptor,
): readonly string[] {
  const name = importedName(annotations, allowOverwrite ? addRefPrefix(prefix) : filterRefPrefix(prefix))
  const byDigest = addDigest && (name === '' || !skipNamedDigest) ? [`${prefix}@${digest}`] : []
  return name === '' ? byDigest : [name, ...byDigest]
}

/** Names beside that of a whole index go when the index does. */
const extraLabels = ({ name, labels }: ImageStoreEnd): Labels =>
  name === '' ? labels : { ...labels, [LabelKey.gcBackRefImage]: name, [LabelKey.gcExpire]: longAgo }

/**
 * Stores the names, whether they existed or not; target and labels are replaced.
 * @throws {NotFoundError} there are none
 */
export async function storeNames(
  store: ImageStore,
  end: ImageStoreEnd,
  target: Descriptor,
  origin: Origin,
  options: CallOptions,
): Promise<readonly Image[]> {
  const images = imagesFor(end, bareDescriptor(target), origin)
  if (images.length === 0) throw new NotFoundError(`no image name for ${target.digest}`)
  const stored: Image[] = []
  for (const image of images) stored.push(await replace(store, image, options))
  return stored
}

async function replace(store: ImageStore, image: NewImage, options: CallOptions): Promise<Image> {
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      return await store.create(image, options)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    try {
      return await store.update(image, undefined, options)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

/** The image of that name. @throws {NotFoundError} */
export const ownImage = (store: ImageStore, { name }: ImageStoreEnd, options: CallOptions): Promise<Image> =>
  store.get(name, options)

/**
 * Every image that the end names.
 * @throws {NotFoundError} one is missing, or none is named @throws {UnimplementedError} it names a prefix
 */
export async function namedImages(
  store: ImageStore,
  end: ImageStoreEnd,
  options: CallOptions,
): Promise<readonly Image[]> {
  if (end.extraReferences.some(({ isPrefix }) => isPrefix)) throw new UnimplementedError('look up images by prefix')
  const names = [...(end.name === '' ? [] : [end.name]), ...end.extraReferences.map(({ name }) => name)]
  if (names.length === 0) throw new NotFoundError('no image named')
  const found: Image[] = []
  for (const name of names) found.push(await store.get(name, options))
  return found
}
