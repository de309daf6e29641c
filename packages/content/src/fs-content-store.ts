// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  matchesAny,
  silentLogger,
  type BlobInfo,
  type BlobReader,
  type BlobWriter,
  type CallOptions,
  type ContentStore,
  type Digest,
  type FieldPaths,
  type Filter,
  type IngestOptions,
  type IngestStatus,
  type Labels,
  type Logger,
} from '@containerd-ts/core'
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
} from '@containerd-ts/errdefs'
import { absentOnMissing } from './durable.ts'
import { hashFile } from './file-hash.ts'
import { FsBlobReader } from './fs-blob-reader.ts'
import { FsBlobWriter } from './fs-blob-writer.ts'
import { IngestDirectory } from './ingest-directory.ts'
import { ContentLayout, digestAlgorithms, digestOfFile } from './layout.ts'
import { RefLocks } from './ref-locks.ts'

export interface FsContentStoreInit {
  /** Directory of the store; made when the first byte arrives. One process at a time may write below it. */
  readonly root: string
  readonly logger?: Logger | undefined
}

/**
 * Blobs as plain files below `root`. Knows no namespaces and keeps no labels: those are the metadata's, so
 * `update` refuses and labels given to a commit are dropped. `delete` of a missing blob is success.
 */
export class FsContentStore implements ContentStore {
  readonly root: string
  readonly #layout: ContentLayout
  readonly #logger: Logger
  readonly #locks = new RefLocks()

  constructor(init: FsContentStoreInit) {
    this.root = init.root
    this.#layout = new ContentLayout(init.root)
    this.#logger = init.logger ?? silentLogger
  }

  async open(digest: Digest, options: CallOptions = {}): Promise<BlobReader> {
    options.signal?.throwIfAborted()
    return FsBlobReader.open(this.#layout.blob(digest), digest)
  }

  async info(digest: Digest, options: CallOptions = {}): Promise<BlobInfo> {
    options.signal?.throwIfAborted()
    const info = await this.#infoOf(digest)
    if (info === undefined) throw NotFoundError.of('content', digest)
    return info
  }

  async update(digest: Digest, _labels: Labels, _paths?: FieldPaths, options: CallOptions = {}): Promise<BlobInfo> {
    options.signal?.throwIfAborted()
    throw new FailedPreconditionError(`content ${digest}: update not supported on immutable content store`)
  }

  async *list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<BlobInfo> {
    for (const algorithm of digestAlgorithms) {
      const names = (await absentOnMissing(readdir(this.#layout.blobDirectory(algorithm)))) ?? []
      for (const name of names.sort()) {
        options.signal?.throwIfAborted()
        const digest = digestOfFile(algorithm, name)
        if (digest === undefined || !matchesAny(filters, (path) => (path.join('.') === 'digest' ? digest : undefined)))
          continue
        const info = await this.#infoOf(digest)
        if (info !== undefined) yield info
      }
    }
  }

  async delete(digest: Digest, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await rm(this.#layout.blob(digest), { force: true })
  }

  async ingest(ref: string, options: IngestOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted()
    if (ref === '') throw new InvalidArgumentError('ref must not be empty')
    await using undo = new AsyncDisposableStack()
    const lock = undo.use(this.#locks.acquire(ref))
    const { expected } = options
    if (expected !== undefined && (await this.#infoOf(expected)) !== undefined)
      throw AlreadyExistsError.of('content', expected)
    const directory = new IngestDirectory(this.#layout.ingest(ref))
    await mkdir(this.#layout.ingests, { recursive: true })
    const fresh = await directory.create()
    const file = undo.adopt(await openData(directory), (handle) => handle.close())
    const resumed = fresh ? undefined : await this.#resume(ref, directory, file, options)
    const now = new Date()
    const start = resumed ?? {
      offsetBytes: 0,
      totalBytes: options.totalBytes ?? 0,
      startedAt: now,
      updatedAt: now,
      hash: createHash('sha256'),
    }
    if (resumed === undefined) {
      await file.truncate(0)
      await directory.describe(ref, start.totalBytes, now)
    }
    const writer = new FsBlobWriter({
      ref,
      layout: this.#layout,
      directory,
      file,
      lock,
      logger: this.#logger,
      expected,
      ...start,
    })
    undo.move()
    return writer
  }

  async ingestStatus(ref: string, options: CallOptions = {}): Promise<IngestStatus> {
    options.signal?.throwIfAborted()
    const status = await new IngestDirectory(this.#layout.ingest(ref)).status()
    if (status === undefined) throw NotFoundError.of('ingest', ref)
    return status
  }

  async *ingests(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<IngestStatus> {
    for await (const directory of this.#ingestDirectories(options)) {
      const status = await directory.status()
      if (status !== undefined && matchesAny(filters, (path) => (path.join('.') === 'ref' ? status.ref : undefined)))
        yield status
    }
  }

  /** Refs of all ingests, without the cost of their status. For garbage collection. */
  async *ingestRefs(options: CallOptions = {}): AsyncIterable<string> {
    for await (const directory of this.#ingestDirectories(options)) {
      const ref = await directory.ref()
      if (ref !== undefined) yield ref
    }
  }

  async abort(ref: string, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const path = this.#layout.ingest(ref)
    if ((await absentOnMissing(stat(path))) === undefined) throw NotFoundError.of('ingest', ref)
    await new IngestDirectory(path).remove()
  }

  async *#ingestDirectories(options: CallOptions): AsyncIterable<IngestDirectory> {
    const names = (await absentOnMissing(readdir(this.#layout.ingests))) ?? []
    for (const name of names.sort()) {
      options.signal?.throwIfAborted()
      yield new IngestDirectory(join(this.#layout.ingests, name))
    }
  }

  async #infoOf(digest: Digest): Promise<BlobInfo | undefined> {
    const found = await absentOnMissing(stat(this.#layout.blob(digest)))
    if (found === undefined) return undefined
    return { digest, sizeBytes: found.size, createdAt: found.mtime, updatedAt: found.atime, labels: {} }
  }

  /** Restores hash and offset from the bytes that are there; `undefined` where they cannot be trusted. */
  async #resume(ref: string, directory: IngestDirectory, file: FileHandle, options: IngestOptions) {
    const status = await directory.status()
    const wanted = options.totalBytes ?? 0
    if (
      status === undefined ||
      status.ref !== ref ||
      (wanted > 0 && status.totalBytes > 0 && wanted !== status.totalBytes)
    ) {
      this.#logger.debug('ingest starts again', { ref })
      return undefined
    }
    const { hash, sizeBytes } = await hashFile(file, 'sha256', options.signal)
    return {
      offsetBytes: sizeBytes,
      totalBytes: status.totalBytes,
      startedAt: status.startedAt,
      updatedAt: status.updatedAt,
      hash,
    }
  }
}

const openData = (directory: IngestDirectory): Promise<FileHandle> =>
  open(directory.dataPath, constants.O_RDWR | constants.O_CREAT, 0o666)
