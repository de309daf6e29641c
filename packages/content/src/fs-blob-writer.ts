// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto'
import { chmod, rename, stat, utimes, type FileHandle } from 'node:fs/promises'
import {
  digestAlgorithm,
  digestOf,
  type BlobWriter,
  type CommitOptions,
  type Digest,
  type IngestStatus,
  type Logger,
} from '@containerd-ts/core'
import {
  AlreadyExistsError,
  errnoOf,
  FailedPreconditionError,
  NotFoundError,
  UnknownError,
} from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import { absentOnMissing, makeDurableDirectory } from './durable.ts'
import { hashFile } from './file-hash.ts'
import type { IngestDirectory } from './ingest-directory.ts'
import type { ContentLayout } from './layout.ts'

/** What an ingest is opened with; owned by the writer from then on. */
export interface OpenIngest {
  readonly ref: string
  readonly layout: ContentLayout
  readonly directory: IngestDirectory
  readonly file: FileHandle
  readonly lock: Disposable
  readonly logger: Logger
  readonly hash: Hash
  readonly offsetBytes: number
  readonly totalBytes: number
  readonly expected: Digest | undefined
  readonly startedAt: Date
  readonly updatedAt: Date
}

const canonical = 'sha256'

/** Hashes while it writes: the kernel copies the bytes in the thread pool meanwhile. */
export class FsBlobWriter implements BlobWriter {
  readonly ref: string
  readonly #ingest: OpenIngest
  #hash: Hash
  #offsetBytes: number
  #updatedAt: Date
  #state: 'open' | 'consumed' | 'closed' = 'open'

  constructor(ingest: OpenIngest) {
    this.ref = ingest.ref
    this.#ingest = ingest
    this.#hash = ingest.hash
    this.#offsetBytes = ingest.offsetBytes
    this.#updatedAt = ingest.updatedAt
  }

  async status(): Promise<IngestStatus> {
    const { totalBytes, expected, startedAt } = this.#ingest
    return {
      ref: this.ref,
      offsetBytes: this.#offsetBytes,
      totalBytes,
      expected,
      startedAt,
      updatedAt: this.#updatedAt,
    }
  }

  async digest(): Promise<Digest> {
    return this.#digest()
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen()
    const written = this.#writeAll(bytes, this.#offsetBytes)
    written.catch(() => {}) // awaited below; the hash may throw first
    this.#hash.update(bytes)
    await written
    this.#offsetBytes += bytes.length
    this.#updatedAt = new Date()
  }

  async truncate(sizeBytes: 0): Promise<void> {
    this.#checkOpen()
    if ((sizeBytes as number) !== 0) throw new UnknownError('Truncate: unsupported size')
    await this.#ingest.file.truncate(0)
    this.#hash = createHash(canonical)
    this.#offsetBytes = 0
    this.#updatedAt = new Date()
  }

  async commit(options: CommitOptions = {}): Promise<Digest> {
    this.#checkOpen()
    const { layout, directory, file, logger } = this.#ingest
    options.signal?.throwIfAborted()
    await file.sync()
    await this.#checkSize(options.sizeBytes ?? 0)
    const digest = await this.#checkDigest(options.expected, options.signal)
    const target = layout.blob(digest)
    await makeDurableDirectory(layout.blobDirectory(digestAlgorithm(digest)))
    options.signal?.throwIfAborted()
    if ((await absentOnMissing(stat(target))) !== undefined) {
      this.#state = 'consumed'
      await directory.remove()
      throw AlreadyExistsError.of('content', digest)
    }
    try {
      await rename(directory.dataPath, target)
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') throw NotFoundError.of('ingest', this.ref, { cause })
      throw cause
    }
    this.#state = 'consumed'
    await native.fsyncDirectory(layout.blobDirectory(digestAlgorithm(digest)))
    await this.#finish(target).catch((error: unknown) => logger.warn('committed blob not tidied', { digest, error }))
    return digest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'closed') return
    const keep = this.#state === 'open'
    this.#state = 'closed'
    const { directory, file, lock } = this.#ingest
    await using undo = new AsyncDisposableStack()
    undo.defer(() => lock[Symbol.dispose]())
    undo.defer(() => file.close())
    if (!keep) return
    await file.sync()
    await absentOnMissing(directory.touch(this.#updatedAt)) // aborted meanwhile: nothing to keep
  }

  /** What may fail without harm once the blob stands. */
  async #finish(target: string): Promise<void> {
    const now = new Date()
    await utimes(target, now, now)
    await this.#ingest.directory.remove()
    await chmod(target, (await stat(target)).mode & 0o444)
  }

  async #writeAll(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      done += (await this.#ingest.file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    }
  }

  async #checkSize(expectedBytes: number): Promise<void> {
    const { size } = await this.#ingest.file.stat()
    if (size !== this.#offsetBytes) {
      throw new FailedPreconditionError(
        `ingest ${this.ref}: file holds ${size} bytes, ${this.#offsetBytes} were written`,
      )
    }
    if (expectedBytes > 0 && size !== expectedBytes) {
      throw new FailedPreconditionError(`unexpected commit size ${size}, expected ${expectedBytes}`)
    }
  }

  async #checkDigest(expected: Digest | undefined, signal: AbortSignal | undefined): Promise<Digest> {
    const other = expected !== undefined && digestAlgorithm(expected) !== canonical
    const actual = other ? await this.#rehash(digestAlgorithm(expected), signal) : this.#digest()
    if (expected !== undefined && actual !== expected) {
      throw new FailedPreconditionError(`unexpected commit digest ${actual}, expected ${expected}`)
    }
    return actual
  }

  async #rehash(algorithm: string, signal: AbortSignal | undefined): Promise<Digest> {
    const { hash } = await hashFile(this.#ingest.file, algorithm, signal)
    return digestOf(algorithm, hash.digest('hex'))
  }

  #digest(): Digest {
    return digestOf(canonical, this.#hash.copy().digest('hex'))
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw new FailedPreconditionError(`writer of ref ${this.ref} is closed`)
  }
}
