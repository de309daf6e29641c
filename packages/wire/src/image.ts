// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { ImageSchema } from '@containerd-ts/api/services/images/v1/images_pb'
import type { Image as ImageMessage } from '@containerd-ts/api/services/images/v1/images_pb'
import type { Image, NewImage } from '@containerd-ts/core'
import { fromDescriptor, toDescriptor } from './descriptor.ts'
import { epoch } from './time.ts'

export const toImage = (image: Image): ImageMessage =>
  create(ImageSchema, {
    name: image.name,
    labels: { ...image.labels },
    target: toDescriptor(image.target),
    createdAt: toTimestamp(image.createdAt),
    updatedAt: toTimestamp(image.updatedAt),
  })

export const toNewImage = (image: NewImage): ImageMessage =>
  create(ImageSchema, { name: image.name, labels: { ...image.labels }, target: toDescriptor(image.target) })

export const fromImage = (message: ImageMessage): Image => ({
  name: message.name,
  target: fromDescriptor(message.target),
  labels: message.labels,
  createdAt: fromTimestamp(message.createdAt) ?? epoch,
  updatedAt: fromTimestamp(message.updatedAt) ?? epoch,
})
