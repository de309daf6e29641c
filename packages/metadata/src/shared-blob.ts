// SPDX-License-Identifier: Apache-2.0
import type { BlobInfo, ContentStore, Digest, IngestStatus } from '@containerd-ts/core'

/** Bytes that are in the backend already: what a virtual ingest stands for. */
export class SharedBlob implements AsyncDisposable {
  readonly content: ContentStore
  readonly digest: Digest
  readonly sizeBytes: number
  readonly #info: BlobInfo

  constructor(content: ContentStore, info: BlobInfo) {
    this.content = content
    this.digest = info.digest
    this.sizeBytes = info.sizeBytes
    this.#info = info
  }

  async status(): Promise<IngestStatus> {
    const { digest, sizeBytes, createdAt, updatedAt } = this.#info
    return { ref: '', offsetBytes: sizeBytes, totalBytes: sizeBytes, expected: digest, startedAt: createdAt, updatedAt }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
