// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { digestOf, matchesAny } from '@containerd-ts/core'
import type {
  BlobInfo,
  BlobReader,
  BlobWriter,
  CallOptions,
  CommitOptions,
  ContentStore,
  Digest,
  FieldPaths,
  Filter,
  IngestOptions,
  IngestStatus,
  Labels,
} from '@containerd-ts/core'
import { AlreadyExistsError, FailedPreconditionError, NotFoundError, UnavailableError } from '@containerd-ts/errdefs'

interface Blob {
  info: BlobInfo
  readonly bytes: Buffer
}

interface Ingest {
  status: IngestStatus
  bytes: Buffer
}

const sha256 = (bytes: Uint8Array): Digest => digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))

/** Labels after an update with field paths. */
export function updatedLabels(old: Labels, labels: Labels, paths: FieldPaths = []): Labels {
  if (paths.length === 0 || paths.includes('labels')) return labels
  const next: Record<string, string> = { ...old }
  for (const path of paths) {
    if (!path.startsWith('labels.')) continue
    const key = path.slice('labels.'.length)
    const value = labels[key] ?? ''
    if (value === '') delete next[key]
    else next[key] = value
  }
  return next
}

/** The content contract in memory, with what tests need to look at and to break. */
export class MemoryContent implements ContentStore {
  readonly blobs = new Map<string, Blob>()
  readonly partial = new Map<string, Ingest>()
  readonly locked = new Set<string>()
  writes = 0

  bytesOf(digest: string): Buffer {
    const blob = this.blobs.get(digest)
    if (blob === undefined) throw NotFoundError.of('content', digest)
    return blob.bytes
  }

  labelsOf = (digest: string): Labels => this.blobs.get(digest)?.info.labels ?? {}

  put(bytes: Uint8Array, labels: Labels = {}): Digest {
    const digest = sha256(bytes)
    const now = new Date()
    this.blobs.set(digest, {
      bytes: Buffer.from(bytes),
      info: { digest, sizeBytes: bytes.length, createdAt: now, updatedAt: now, labels },
    })
    return digest
  }

  async open(digest: Digest): Promise<BlobReader> {
    const bytes = this.bytesOf(digest)
    return {
      sizeBytes: bytes.length,
      read: async (offset, length) => Uint8Array.from(bytes.subarray(offset, offset + length)),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  async info(digest: Digest): Promise<BlobInfo> {
    this.bytesOf(digest)
    return (this.blobs.get(digest) as Blob).info
  }

  async update(digest: Digest, labels: Labels, paths?: FieldPaths): Promise<BlobInfo> {
    const info = await this.info(digest)
    const next = { ...info, labels: updatedLabels(info.labels, labels, paths), updatedAt: new Date() }
    ;(this.blobs.get(digest) as Blob).info = next
    return next
  }

  async *list(filters: readonly Filter[] = []): AsyncIterable<BlobInfo> {
    for (const [, { info }] of [...this.blobs].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const lookup = (path: readonly string[]): string | undefined =>
        path[0] === 'labels' ? info.labels[path.slice(1).join('.')] : path[0] === 'digest' ? info.digest : undefined
      if (matchesAny(filters, lookup)) yield info
    }
  }

  async delete(digest: Digest): Promise<void> {
    this.bytesOf(digest)
    this.blobs.delete(digest)
  }

  async ingest(ref: string, options: IngestOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted()
    const { expected, totalBytes = 0 } = options
    if (expected !== undefined && this.blobs.has(expected)) throw AlreadyExistsError.of('content', expected)
    if (this.locked.has(ref)) throw new UnavailableError(`ref ${ref} locked`)
    this.locked.add(ref)
    const now = new Date()
    const ingest = this.partial.get(ref) ?? {
      status: { ref, offsetBytes: 0, totalBytes, expected, startedAt: now, updatedAt: now },
      bytes: Buffer.alloc(0),
    }
    this.partial.set(ref, ingest)
    return this.#writer(ref, ingest)
  }

  #writer(ref: string, ingest: Ingest): BlobWriter {
    return {
      ref,
      status: async () => ({ ...ingest.status, offsetBytes: ingest.bytes.length }),
      digest: async () => sha256(ingest.bytes),
      write: async (bytes) => {
        this.writes++
        ingest.bytes = Buffer.concat([ingest.bytes, bytes])
      },
      truncate: async () => {
        ingest.bytes = Buffer.alloc(0)
      },
      commit: async ({ sizeBytes = 0, expected, labels }: CommitOptions = {}) => {
        const digest = sha256(ingest.bytes)
        if (sizeBytes !== 0 && sizeBytes !== ingest.bytes.length)
          throw new FailedPreconditionError('unexpected commit size')
        if (expected !== undefined && expected !== digest)
          throw new FailedPreconditionError(`unexpected commit digest ${digest}`)
        this.partial.delete(ref)
        if (this.blobs.has(digest)) throw AlreadyExistsError.of('content', digest)
        return this.put(ingest.bytes, labels)
      },
      [Symbol.asyncDispose]: async () => {
        this.locked.delete(ref)
      },
    }
  }

  async ingestStatus(ref: string): Promise<IngestStatus> {
    const ingest = this.partial.get(ref)
    if (ingest === undefined) throw NotFoundError.of('ingest', ref)
    return { ...ingest.status, offsetBytes: ingest.bytes.length }
  }

  async *ingests(_filters?: readonly Filter[], _options?: CallOptions): AsyncIterable<IngestStatus> {
    for (const ref of this.partial.keys()) yield this.ingestStatus(ref)
  }

  async abort(ref: string): Promise<void> {
    if (!this.partial.delete(ref)) throw NotFoundError.of('ingest', ref)
  }
}
