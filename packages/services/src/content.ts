// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { maskPaths } from '@containerd-ts/api'
import type { Content } from '@containerd-ts/api/services/content/v1/content_pb'
import { parseDigest, parseFilters } from '@containerd-ts/core'
import type { ContentStore, Metadata } from '@containerd-ts/core'
import { OutOfRangeError } from '@containerd-ts/errdefs'
import { fromInt64, toBlobInfo, toIngestStatus, toInt64 } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { batches, collect } from './collect.ts'
import { writeBlob } from './content-write.ts'
import { required } from './required.ts'

const batchSize = 100
const readChunkBytes = 1 << 20

/** containerd.services.content.v1.Content */
export const contentService = (metadata: Metadata): ServiceImpl<typeof Content> =>
  serviceOf((context) => metadata.in(namespaceOf(context)).content)

/** The same service over one store, whatever the namespace: what a proxy plugin of a daemon talks to. */
export const contentStoreService = (store: ContentStore): ServiceImpl<typeof Content> => serviceOf(() => store)

function serviceOf(store: (context: HandlerContext) => ContentStore): ServiceImpl<typeof Content> {
  return {
    async info({ digest }, context) {
      return { info: toBlobInfo(await store(context).info(parseDigest(digest), optionsOf(context))) }
    },

    async update(request, context) {
      const { digest, labels } = required(request.info, 'info')
      const paths = maskPaths(request.updateMask)
      return { info: toBlobInfo(await store(context).update(parseDigest(digest), labels, paths, optionsOf(context))) }
    },

    async *list({ filters }, context) {
      const found = store(context).list(parseFilters(filters), optionsOf(context))
      for await (const info of batches(found, batchSize, toBlobInfo)) yield { info }
    },

    async delete({ digest }, context) {
      await store(context).delete(parseDigest(digest), optionsOf(context))
      return {}
    },

    async *read(request, context) {
      await using blob = await store(context).open(parseDigest(request.digest), optionsOf(context))
      const start = Math.max(fromInt64(request.offset), 0)
      if (start > blob.sizeBytes) throw new OutOfRangeError(`read past object length ${blob.sizeBytes} bytes`)
      const size = fromInt64(request.size)
      const end = size <= 0 ? blob.sizeBytes : Math.min(start + size, blob.sizeBytes)
      for (let position = start; position < end;) {
        const data = await blob.read(position, Math.min(readChunkBytes, end - position))
        if (data.length === 0) return
        yield { offset: toInt64(position - start), data } // relative to the requested offset, as the original counts
        position += data.length
      }
    },

    async status({ ref }, context) {
      return { status: toIngestStatus(await store(context).ingestStatus(ref, optionsOf(context))) }
    },

    async listStatuses({ filters }, context) {
      const found = store(context).ingests(parseFilters(filters), optionsOf(context))
      return { statuses: await collect(found, toIngestStatus) }
    },

    write: (requests, context) => writeBlob(store(context), requests, optionsOf(context)),

    async abort({ ref }, context) {
      await store(context).abort(ref, optionsOf(context))
      return {}
    },
  }
}
