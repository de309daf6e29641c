// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Digest } from './digest.ts'
import type { FieldPaths } from './field-mask.ts'
import type { Filter } from './filter.ts'
import type { Labels } from './labels.ts'

/** A committed blob. */
export interface BlobInfo {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly labels: Labels
}

/** Progress of a blob that is being written. */
export interface IngestStatus {
  readonly ref: string
  /** Bytes safely received so far. */
  readonly offsetBytes: number
  /** Announced size of the whole blob; 0 when the sender has not said. */
  readonly totalBytes: number
  readonly expected?: Digest | undefined
  readonly startedAt: Date
  readonly updatedAt: Date
}

/** Random access to one committed blob. Stays readable after a concurrent delete, except over RPC. */
export interface BlobReader extends AsyncDisposable {
  readonly sizeBytes: number
  /**
   * Reads at most `length` bytes at `offset`; fewer only at the end of the blob, none past it.
   * The returned bytes belong to the caller.
   */
  read(offset: number, length: number): Promise<Uint8Array>
  /**
   * Path of a local file that holds exactly these bytes, where there is one: lets a worker or the kernel read
   * it without copying. Absent over RPC.
   */
  readonly path?: string | undefined
}

/** Reads blobs. What most consumers need. */
export interface ContentProvider {
  /** @throws {NotFoundError} no such blob */
  open(digest: Digest, options?: CallOptions): Promise<BlobReader>
}

export interface IngestOptions extends CallOptions {
  /** Size of the whole blob, in bytes; omit when unknown. */
  readonly totalBytes?: number | undefined
  /** Digest the blob must have. A blob that exists already fails the open with AlreadyExists. */
  readonly expected?: Digest | undefined
}

export interface CommitOptions extends CallOptions {
  /** Size the blob must have; 0 or absent is unchecked. */
  readonly sizeBytes?: number | undefined
  /** Digest the blob must have; absent is unchecked. */
  readonly expected?: Digest | undefined
  readonly labels?: Labels | undefined
}

/**
 * The only writer of one ingest. Holds the ref's lock until it is disposed.
 * Disposal without commit keeps the bytes: the next writer of the same ref continues after them.
 */
export interface BlobWriter extends AsyncDisposable {
  readonly ref: string
  status(): Promise<IngestStatus>
  /** Digest of the bytes so far. */
  digest(): Promise<Digest>
  /** Appends. Resolves once the store has taken the bytes; await it before the next write. */
  write(bytes: Uint8Array): Promise<void>
  /** Drops all bytes. Only 0 is supported. */
  truncate(sizeBytes: 0): Promise<void>
  /**
   * Makes the bytes a blob, whole and durable, and consumes the ingest.
   * The ingest is consumed as well when the blob turned out to exist.
   * @throws {FailedPreconditionError} size or digest differ; the ingest stays
   * @throws {AlreadyExistsError} the blob exists
   */
  commit(options?: CommitOptions): Promise<Digest>
}

/** Starts and watches writes. */
export interface ContentIngester {
  /**
   * Opens the writer of `ref`, positioned after the last byte already stored.
   * A partial ingest whose stored total contradicts `totalBytes` starts again from zero.
   * @throws {UnavailableError} another writer holds `ref`; retry with back-off
   * @throws {AlreadyExistsError} `options.expected` is committed already; skip the transfer
   */
  ingest(ref: string, options?: IngestOptions): Promise<BlobWriter>
  /** @throws {NotFoundError} no ingest of that ref */
  ingestStatus(ref: string, options?: CallOptions): Promise<IngestStatus>
  ingests(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<IngestStatus>
  /** Drops the ingest and its bytes. @throws {NotFoundError} no ingest of that ref */
  abort(ref: string, options?: CallOptions): Promise<void>
}

/** Knows and labels committed blobs. */
export interface ContentManager {
  /** @throws {NotFoundError} no such blob */
  info(digest: Digest, options?: CallOptions): Promise<BlobInfo>
  /**
   * Changes labels: all of them, or the ones `paths` name. Answers the blob as it is after.
   * @throws {FailedPreconditionError} this store keeps no labels
   */
  update(digest: Digest, labels: Labels, paths?: FieldPaths, options?: CallOptions): Promise<BlobInfo>
  /** In ascending order of digests. */
  list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<BlobInfo>
  /** @throws {NotFoundError} no such blob (backends without namespaces may treat it as done) */
  delete(digest: Digest, options?: CallOptions): Promise<void>
}

/**
 * Immutable blobs keyed by digest.
 * Bytes stay invisible to readers until their writer commits; a commit is durable before it resolves; a blob
 * appears whole or not at all, whatever dies. Readers never block writers.
 */
export interface ContentStore extends ContentProvider, ContentIngester, ContentManager {}
