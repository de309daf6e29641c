// SPDX-License-Identifier: Apache-2.0
import type { Client, Transport } from '@connectrpc/connect'
import { toFieldMask } from '@containerd-ts/api'
import { Content } from '@containerd-ts/api/services/content/v1/content_pb'
import type { BlobReader, CallOptions, ContentStore, Digest } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromBlobInfo, fromIngestStatus, toInt64 } from '@containerd-ts/wire'
import { BlobWriterProxy } from './blob-writer.ts'
import { present } from './present.ts'
import { filterTexts } from './scope.ts'
import type { Scope } from './scope.ts'

/** The daemon's content, as a store. */
export function contentProxy(transport: Transport, scope: Scope): ContentStore {
  const client = createClient(Content, transport)
  return {
    async open(digest, options) {
      const { info } = await client.info({ digest }, scope(options))
      // Who reads on says no more than what he reads.
      const opened: Scope = (call) => scope({ ...call, namespace: options?.namespace })
      return new BlobReaderProxy(client, digest, fromBlobInfo(present(info, 'info')).sizeBytes, opened)
    },

    async info(digest, options) {
      const { info } = await client.info({ digest }, scope(options))
      return fromBlobInfo(present(info, 'info'))
    },

    async update(digest, labels, paths, options) {
      const mask = toFieldMask(paths)
      const request = { info: { digest, labels: { ...labels } }, ...(mask === undefined ? {} : { updateMask: mask }) }
      const { info } = await client.update(request, scope(options))
      return fromBlobInfo(present(info, 'info'))
    },

    async *list(filters, options) {
      for await (const { info } of client.list({ filters: filterTexts(filters) }, scope(options))) {
        yield* info.map(fromBlobInfo)
      }
    },

    async delete(digest, options) {
      await client.delete({ digest }, scope(options))
    },

    ingest: (ref, options) => BlobWriterProxy.open(client, ref, scope, options),

    async ingestStatus(ref, options) {
      const { status } = await client.status({ ref }, scope(options))
      return fromIngestStatus(present(status, 'status'))
    },

    async *ingests(filters, options) {
      const { statuses } = await client.listStatuses({ filters: filterTexts(filters) }, scope(options))
      yield* statuses.map(fromIngestStatus)
    },

    async abort(ref, options) {
      await client.abort({ ref }, scope(options))
    },
  }
}

class BlobReaderProxy implements BlobReader {
  readonly sizeBytes: number
  readonly #client: Client<typeof Content>
  readonly #digest: Digest
  readonly #scope: Scope

  constructor(client: Client<typeof Content>, digest: Digest, sizeBytes: number, scope: Scope) {
    this.#client = client
    this.#digest = digest
    this.#scope = scope
    this.sizeBytes = sizeBytes
  }

  async read(offset: number, length: number, options?: CallOptions): Promise<Uint8Array> {
    const wanted = Math.min(length, this.sizeBytes - offset)
    if (wanted <= 0) return new Uint8Array()
    const request = { digest: this.#digest, offset: toInt64(offset), size: toInt64(wanted) }
    const chunks: Uint8Array[] = []
    for await (const { data } of this.#client.read(request, this.#scope(options))) chunks.push(data)
    const [only] = chunks
    return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
