// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import {
  digestAlgorithm,
  digestOf,
  matchesAny,
  type BlobInfo,
  type BlobReader,
  type BlobWriter,
  type CommitOptions,
  type ContentStore,
  type Digest,
  type FieldPaths,
  type Filter,
  type IngestOptions,
  type IngestStatus,
  type Labels,
} from '@containerd-ts/core'
import { AlreadyExistsError, FailedPreconditionError, NotFoundError, UnavailableError } from '@containerd-ts/errdefs'

interface Blob {
  readonly bytes: Buffer
  info: BlobInfo
}

interface Ingest {
  bytes: Buffer
  status: IngestStatus
  held: boolean
}

/** Keeps blobs and labels in memory: the second implementation of the contract, and the store of other suites. */
export class MemoryContentStore implements ContentStore {
  readonly #blobs = new Map<Digest, Blob>()
  readonly #ingests = new Map<string, Ingest>()

  /** Stores bytes under their digest. */
  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = sum('sha256', bytes)
    this.#store(digest, Buffer.from(bytes), {})
    return digest
  }

  async open(digest: Digest): Promise<BlobReader> {
    const { bytes } = this.#blob(digest)
    return {
      sizeBytes: bytes.length,
      read: async (offset, length) => Buffer.from(bytes.subarray(offset, offset + length)),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  async info(digest: Digest): Promise<BlobInfo> {
    return this.#blob(digest).info
  }

  async update(digest: Digest, labels: Labels, paths?: FieldPaths): Promise<BlobInfo> {
    const blob = this.#blob(digest)
    const named = (paths ?? []).map((path) => path.replace(/^labels\./, ''))
    const changed =
      named.length === 0
        ? labels
        : { ...blob.info.labels, ...Object.fromEntries(named.map((k) => [k, labels[k] ?? ''])) }
    blob.info = { ...blob.info, labels: withoutEmpty(changed), updatedAt: new Date() }
    return blob.info
  }

  async *list(filters?: readonly Filter[]): AsyncIterable<BlobInfo> {
    for (const digest of [...this.#blobs.keys()].sort()) {
      const info = this.#blobs.get(digest)?.info
      if (info !== undefined && matchesAny(filters, ([field]) => (field === 'digest' ? digest : undefined))) yield info
    }
  }

  async delete(digest: Digest): Promise<void> {
    if (!this.#blobs.delete(digest)) throw NotFoundError.of('content', digest)
  }

  async ingest(ref: string, options: IngestOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted()
    const { expected } = options
    if (this.#ingests.get(ref)?.held === true) throw new UnavailableError(`ref ${ref} locked for 0s (since now)`)
    if (expected !== undefined && this.#blobs.has(expected)) throw AlreadyExistsError.of('content', expected)
    const old = this.#ingests.get(ref)
    const wanted = options.totalBytes ?? 0
    const usable =
      old !== undefined && (wanted === 0 || old.status.totalBytes === 0 || wanted === old.status.totalBytes)
    const now = new Date()
    const fresh = { ref, offsetBytes: 0, totalBytes: wanted, expected, startedAt: now, updatedAt: now }
    const ingest = usable ? old : { bytes: Buffer.alloc(0), status: fresh, held: false }
    ingest.held = true
    this.#ingests.set(ref, ingest)
    return this.#writer(ref, ingest)
  }

  async ingestStatus(ref: string): Promise<IngestStatus> {
    const ingest = this.#ingests.get(ref)
    if (ingest === undefined) throw NotFoundError.of('ingest', ref)
    return ingest.status
  }

  async *ingests(filters?: readonly Filter[]): AsyncIterable<IngestStatus> {
    for (const { status } of this.#ingests.values()) {
      if (matchesAny(filters, ([field]) => (field === 'ref' ? status.ref : undefined))) yield status
    }
  }

  async abort(ref: string): Promise<void> {
    if (!this.#ingests.delete(ref)) throw NotFoundError.of('ingest', ref)
  }

  #writer(ref: string, ingest: Ingest): BlobWriter {
    let open = true
    const set = (bytes: Buffer): void => {
      if (!open) throw new FailedPreconditionError(`writer of ${ref} is closed`)
      ingest.bytes = bytes
      ingest.status = { ...ingest.status, offsetBytes: bytes.length, updatedAt: new Date() }
    }
    return {
      ref,
      status: async () => ingest.status,
      digest: async () => sum('sha256', ingest.bytes),
      write: async (bytes) => set(Buffer.concat([ingest.bytes, bytes])),
      truncate: async () => set(Buffer.alloc(0)),
      commit: async (options: CommitOptions = {}) => {
        options.signal?.throwIfAborted()
        set(ingest.bytes)
        const { expected, sizeBytes = 0 } = options
        const digest = sum(expected === undefined ? 'sha256' : digestAlgorithm(expected), ingest.bytes)
        if (sizeBytes > 0 && sizeBytes !== ingest.bytes.length)
          throw new FailedPreconditionError('unexpected commit size')
        if (expected !== undefined && expected !== digest) throw new FailedPreconditionError('unexpected commit digest')
        open = false
        this.#ingests.delete(ref)
        if (this.#blobs.has(digest)) throw AlreadyExistsError.of('content', digest)
        this.#store(digest, ingest.bytes, options.labels ?? {})
        return digest
      },
      [Symbol.asyncDispose]: async () => {
        open = false
        ingest.held = false
      },
    }
  }

  #store(digest: Digest, bytes: Buffer, labels: Labels): void {
    const now = new Date()
    const info = { digest, sizeBytes: bytes.length, createdAt: now, updatedAt: now, labels: withoutEmpty(labels) }
    this.#blobs.set(digest, { bytes, info })
  }

  #blob(digest: Digest): Blob {
    const blob = this.#blobs.get(digest)
    if (blob === undefined) throw NotFoundError.of('content', digest)
    return blob
  }
}

const sum = (algorithm: string, bytes: Uint8Array): Digest =>
  digestOf(algorithm, createHash(algorithm).update(bytes).digest('hex'))

const withoutEmpty = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
