// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { toFieldMask, toTimestamp } from '@containerd-ts/api'
import { Images } from '@containerd-ts/api/services/images/v1/images_pb'
import type { ImageStore } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromImage, toNewImage } from '@containerd-ts/wire'
import { filterTexts } from './scope.ts'
import { present } from './present.ts'
import type { Scope } from './scope.ts'

/** The daemon's images, as a store. */
export function imagesProxy(transport: Transport, scope: Scope): ImageStore {
  const client = createClient(Images, transport)
  return {
    async get(name, options) {
      const { image } = await client.get({ name }, scope(options))
      return fromImage(present(image, 'image'))
    },

    async *list(filters, options) {
      const { images } = await client.list({ filters: filterTexts(filters) }, scope(options))
      yield* images.map(fromImage)
    },

    async create(image, options) {
      const epoch = image.createdAt === undefined ? {} : { sourceDateEpoch: toTimestamp(image.createdAt) }
      const response = await client.create({ image: toNewImage(image), ...epoch }, scope(options))
      return fromImage(present(response.image, 'image'))
    },

    async update(image, paths, options) {
      const mask = toFieldMask(paths)
      const epoch = image.createdAt === undefined ? {} : { sourceDateEpoch: toTimestamp(image.createdAt) }
      const request = { image: toNewImage(image), ...(mask === undefined ? {} : { updateMask: mask }), ...epoch }
      const response = await client.update(request, scope(options))
      return fromImage(present(response.image, 'image'))
    },

    async delete(name, options) {
      const target = options?.target === undefined ? {} : { target: { digest: options.target } }
      await client.delete({ name, sync: options?.synchronous ?? false, ...target }, scope(options))
    },
  }
}
