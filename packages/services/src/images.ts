// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { fromTimestamp, maskPaths } from '@containerd-ts/api'
import type { Images } from '@containerd-ts/api/services/images/v1/images_pb'
import { parseFilters } from '@containerd-ts/core'
import type { Digest, ImageStore, Metadata } from '@containerd-ts/core'
import { fromImage, toImage } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { collect } from './collect.ts'
import { required } from './required.ts'

/** containerd.services.images.v1.Images */
export function imagesService(metadata: Metadata): ServiceImpl<typeof Images> {
  const store = (context: HandlerContext): ImageStore => metadata.in(namespaceOf(context)).images
  return {
    async get({ name }, context) {
      return { image: toImage(await store(context).get(name, optionsOf(context))) }
    },

    async list({ filters }, context) {
      return { images: await collect(store(context).list(parseFilters(filters), optionsOf(context)), toImage) }
    },

    async create(request, context) {
      const { name, target, labels } = fromImage(required(request.image, 'image'))
      const createdAt = fromTimestamp(request.sourceDateEpoch)
      return { image: toImage(await store(context).create({ name, target, labels, createdAt }, optionsOf(context))) }
    },

    async update(request, context) {
      const { name, target, labels } = fromImage(required(request.image, 'image'))
      const createdAt = fromTimestamp(request.sourceDateEpoch)
      const paths = maskPaths(request.updateMask)
      return {
        image: toImage(await store(context).update({ name, target, labels, createdAt }, paths, optionsOf(context))),
      }
    },

    async delete({ name, sync, target }, context) {
      // A malformed digest is one that the image does not have.
      const digest = (target?.digest ?? '') as Digest | ''
      await store(context).delete(name, { ...optionsOf(context), target: digest || undefined, synchronous: sync })
      return {}
    },
  }
}
