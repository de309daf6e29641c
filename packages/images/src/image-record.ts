// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Descriptor, Image, ImageStore, NewImage } from '@containerd-ts/core'
import { InvalidArgumentError, isAlreadyExists, isNotFound } from '@containerd-ts/errdefs'

/** Only what crosses the API of a descriptor. */
export const bareDescriptor = ({ mediaType, digest, sizeBytes, annotations }: Descriptor): Descriptor => ({
  mediaType,
  digest,
  sizeBytes,
  ...(annotations === undefined ? {} : { annotations }),
})

/** Points a name at its target, whether it existed or not; labels are added to those it has. */
export async function storeImage(images: ImageStore, image: NewImage, options?: CallOptions): Promise<Image> {
  const record = { ...image, target: bareDescriptor(image.target) }
  const paths = ['target', ...Object.keys(image.labels ?? {}).map((key) => `labels.${key}`)]
  for (;;) {
    try {
      return await images.update(record, paths, options)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    try {
      return await images.create(record, options)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}

/**
 * Gives an image another name.
 * @throws {NotFoundError} no such source @throws {AlreadyExistsError} the name is taken, unless `force`
 */
export async function tagImage(
  images: ImageStore,
  source: string,
  name: string,
  options: CallOptions & { readonly force?: boolean } = {},
): Promise<Image> {
  if (name === '') throw new InvalidArgumentError('image name must not be empty')
  const { force = false, ...call } = options
  const { target, labels } = await images.get(source, call)
  if (force) return storeImage(images, { name, target, labels }, call)
  return images.create({ name, target, labels }, call)
}
