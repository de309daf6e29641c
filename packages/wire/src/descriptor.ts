// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { DescriptorSchema } from '@containerd-ts/api/types/descriptor_pb'
import type { Descriptor as DescriptorMessage } from '@containerd-ts/api/types/descriptor_pb'
import type { Descriptor, Digest } from '@containerd-ts/core'
import { fromInt64, toInt64 } from './number.ts'

export const toDescriptor = (descriptor: Descriptor): DescriptorMessage =>
  create(DescriptorSchema, {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: toInt64(descriptor.sizeBytes),
    annotations: { ...descriptor.annotations },
  })

/** The digest is not checked here: whoever stores or reads it does. An absent message is an empty descriptor. */
export function fromDescriptor(message: DescriptorMessage | undefined): Descriptor {
  if (message === undefined) return { mediaType: '', digest: '' as Digest, sizeBytes: 0 }
  const annotated = Object.keys(message.annotations).length > 0
  return {
    mediaType: message.mediaType,
    digest: message.digest as Digest,
    sizeBytes: fromInt64(message.size),
    ...(annotated ? { annotations: message.annotations } : {}),
  }
}
