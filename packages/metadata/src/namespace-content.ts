// SPDX-License-Identifier: Apache-2.0
import {
  checkLabels,
  LabelKey,
  matchesAny,
  updatedLabels,
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
  type Namespace,
} from '@containerd-ts/core'
import { AlreadyExistsError, InvalidArgumentError, isNotFound, NotFoundError } from '@containerd-ts/errdefs'
import type { ReadTransaction, WriteTransaction } from '@containerd-ts/store'
import { NamespaceBlobWriter } from './blob-writer.ts'
import { blobFields, ingestFields } from './fields.ts'
import { toNode } from './gc/node.ts'
import { leased, type LeaseMembership } from './lease-membership.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { listed, pages } from './record-pages.ts'
import { SharedBlob } from './shared-blob.ts'
import { blobs, ingests, namespaces, type BlobRecord, type IngestRecord } from './tables.ts'

/** How long an ingest without a lease is kept. */
const ingestLifeMs = 24 * 60 * 60 * 1000

const toInfo = (digest: string, record: BlobRecord): BlobInfo => ({ digest: digest as Digest, ...record })

/**
 * Content as one namespace sees it. The backend holds the bytes of all; a record here says that the namespace has
 * the blob, and carries its labels.
 */
export class NamespaceContent implements ContentStore {
  readonly #state: MetadataState
  readonly #namespace: Namespace
  readonly #leases: LeaseMembership

  constructor(state: MetadataState, namespace: Namespace, leases: LeaseMembership) {
    this.#state = state
    this.#namespace = namespace
    this.#leases = leases
  }

  async open(digest: Digest, options: CallOptions = {}): Promise<BlobReader> {
    options.signal?.throwIfAborted()
    this.#record(digest)
    return await this.#state.content.open(digest, { ...options, namespace: this.#namespace })
  }

  async info(digest: Digest, options: CallOptions = {}): Promise<BlobInfo> {
    options.signal?.throwIfAborted()
    return toInfo(digest, this.#record(digest))
  }

  async update(digest: Digest, labels: Labels, paths?: FieldPaths, options: CallOptions = {}): Promise<BlobInfo> {
    checkLabels(labels)
    const record = await this.#state.write((tx) => {
      const current = tx.get(blobs, [this.#namespace, digest])
      if (current === undefined) throw NotFoundError.of('content digest', digest)
      const changed = updatedLabels(current.labels, labels, paths, `content "${digest}"`)
      checkLabels(changed)
      const updated: BlobRecord = { ...current, labels: changed, updatedAt: this.#state.now() }
      tx.put(blobs, [this.#namespace, digest], updated)
      this.#state.journal.note(toNode('content', this.#namespace, digest))
      return updated
    }, options)
    return toInfo(digest, record)
  }

  list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<BlobInfo> {
    return listed(this.#state.database, blobs, [this.#namespace], toInfo, blobFields, filters, options)
  }

  /** Removes the namespace's record; the bytes go when no namespace has one. */
  async delete(digest: Digest, options: CallOptions = {}): Promise<void> {
    await this.#state.write(
      (tx) => {
        if (!tx.delete(blobs, [this.#namespace, digest])) throw NotFoundError.of('content digest', digest)
        this.#leases.remove(tx, options.lease, leased('content', digest))
        this.#state.pending.blob(digest)
      },
      { ...options, deletes: true },
    )
    await this.#state.publish(this.#namespace, { topic: '/content/delete', digest })
  }

  async ingest(ref: string, options: IngestOptions = {}): Promise<BlobWriter> {
    options.signal?.throwIfAborted()
    if (ref === '') throw new InvalidArgumentError('ref must not be empty')
    await using undo = new AsyncDisposableStack()
    undo.use(this.#state.writers.acquire(this.#namespace, ref))
    undo.use(this.#state.journal.pin(toNode('ingest', this.#namespace, ref)))
    // A blob that the ingest is to stand for must not leave the backend before the record says so.
    using _blob = options.expected && (await this.#state.blobLock.acquire(options.expected, options.signal))
    const shared = await this.#sharedBlob(ref, options)
    // The backend must not drop leftovers of the ref while its writer opens.
    using _held = await this.#state.ingestLock.acquire(this.#backendRef(ref), options.signal)
    const started = await this.#state.write((tx) => this.#start(tx, ref, shared, options), options)
    if (!started) throw AlreadyExistsError.of('content', options.expected ?? '')
    const target =
      shared ??
      (await this.#state.content.ingest(this.#backendRef(ref), {
        signal: options.signal,
        namespace: this.#namespace,
        totalBytes: options.totalBytes,
      }))
    undo.use(target)
    return new NamespaceBlobWriter({
      state: this.#state,
      namespace: this.#namespace,
      leases: this.#leases,
      ref,
      backendRef: this.#backendRef(ref),
      lease: options.lease,
      target,
      owned: undo.move(),
    })
  }

  async ingestStatus(ref: string, options: CallOptions = {}): Promise<IngestStatus> {
    options.signal?.throwIfAborted()
    const record = this.#state.read((tx) => tx.get(ingests, [this.#namespace, ref]))
    if (record === undefined) throw NotFoundError.of('reference', ref)
    return await this.#statusOf(ref, record, options)
  }

  async *ingests(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<IngestStatus> {
    for await (const page of pages(this.#state.database, ingests, [this.#namespace], options)) {
      for (const { key, value } of page) {
        const status = await this.#statusOf(key[0] as string, value, options).catch(absentIfNotFound)
        if (status !== undefined && matchesAny(filters, ingestFields(status))) yield status
      }
    }
  }

  async abort(ref: string, options: CallOptions = {}): Promise<void> {
    const record = this.#state.read((tx) => tx.get(ingests, [this.#namespace, ref]))
    if (record === undefined) throw NotFoundError.of('reference', ref)
    if (record.backendRef !== undefined) {
      const call = { signal: options.signal, namespace: this.#namespace }
      await this.#state.content.abort(record.backendRef, call).catch(absentIfNotFound)
    }
    await this.#state.write((tx) => {
      tx.delete(ingests, [this.#namespace, ref])
      this.#leases.remove(tx, options.lease, leased('ingests', ref))
    }, options)
  }

  #record(digest: Digest): BlobRecord {
    const record = this.#state.read((tx) => tx.get(blobs, [this.#namespace, digest]))
    if (record === undefined) throw NotFoundError.of('content digest', digest)
    return record
  }

  #backendRef(ref: string): string {
    return `${this.#namespace}/1/${ref}`
  }

  /** Records the start of an ingest; false when the blob is there already, which then joins the lease. */
  #start(
    tx: WriteTransaction,
    ref: string,
    shared: SharedBlob | undefined,
    { expected, lease }: IngestOptions,
  ): boolean {
    if (expected !== undefined && tx.has(blobs, [this.#namespace, expected])) {
      this.#leases.add(tx, lease, leased('content', expected))
      return false
    }
    this.#leases.add(tx, lease, leased('ingests', ref))
    const isLeased = lease !== undefined && lease !== ''
    const record: IngestRecord = {
      ...(shared === undefined ? { backendRef: this.#backendRef(ref) } : { expected: shared.digest }),
      expireAt: isLeased ? undefined : new Date(this.#state.now().getTime() + ingestLifeMs),
    }
    ensureNamespace(tx, this.#namespace)
    tx.put(ingests, [this.#namespace, ref], record)
    this.#state.journal.note(toNode('ingest', this.#namespace, ref))
    return true
  }

  /**
   * The bytes that an ingest need not bring: an earlier virtual ingest of the ref stands for them, or another
   * namespace has brought them, may share them, and their size fits what is announced.
   */
  async #sharedBlob(ref: string, { expected, totalBytes = 0, signal }: IngestOptions): Promise<SharedBlob | undefined> {
    const before = this.#state.read((tx) => tx.get(ingests, [this.#namespace, ref]))
    if (before?.backendRef !== undefined) return undefined
    const digest = before?.expected ?? expected
    if (digest === undefined || (before === undefined && !this.#mayShare(digest))) return undefined
    const call = { signal, namespace: this.#namespace }
    const info = await this.#state.content.info(digest, call).catch(absentIfNotFound)
    if (info === undefined || (totalBytes > 0 && totalBytes !== info.sizeBytes)) return undefined
    return new SharedBlob(this.#state.content, info)
  }

  #mayShare(digest: Digest): boolean {
    if (this.#state.contentSharingPolicy === 'shared') return true
    return this.#state.read((tx) => isShareable(tx, digest))
  }

  async #statusOf(ref: string, record: IngestRecord, { signal }: CallOptions): Promise<IngestStatus> {
    const call = { signal, namespace: this.#namespace }
    if (record.backendRef !== undefined) {
      return { ...(await this.#state.content.ingestStatus(record.backendRef, call)), ref }
    }
    if (record.expected === undefined) throw NotFoundError.of('reference', ref)
    const info = await this.#state.content.info(record.expected, call)
    return { ...(await new SharedBlob(this.#state.content, info).status()), ref }
  }
}

function isShareable(tx: ReadTransaction, digest: Digest): boolean {
  for (const { key, value } of tx.entries(namespaces)) {
    if (value.labels[LabelKey.shareable] === 'true' && tx.has(blobs, [key[0] as string, digest])) return true
  }
  return false
}

function absentIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}
