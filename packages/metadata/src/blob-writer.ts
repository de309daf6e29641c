// SPDX-License-Identifier: Apache-2.0
import {
  checkLabels,
  storedLabels,
  type BlobWriter,
  type CommitOptions,
  type Digest,
  type IngestStatus,
  type Namespace,
} from '@containerd-ts/core'
import { AlreadyExistsError, FailedPreconditionError, isAlreadyExists, UnavailableError } from '@containerd-ts/errdefs'
import type { WriteTransaction } from '@containerd-ts/store'
import { toNode } from './gc/node.ts'
import { leased, type LeaseMembership } from './lease-membership.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { SharedBlob } from './shared-blob.ts'
import { blobs, ingests } from './tables.ts'

const copyBytes = 1 << 20

export interface NamespaceBlobWriterInit {
  readonly state: MetadataState
  readonly namespace: Namespace
  readonly leases: LeaseMembership
  readonly ref: string
  readonly backendRef: string
  /** Lease of the call that opened the writer; a commit may name its own. */
  readonly lease: string | undefined
  readonly target: BlobWriter | SharedBlob
  /** Everything to release at the end, the target included. */
  readonly owned: AsyncDisposableStack
}

/**
 * Writer of one namespace's ingest: over a writer of the backend, or over bytes that are there already. Those are
 * copied into an ingest of its own as soon as somebody writes.
 */
export class NamespaceBlobWriter implements BlobWriter {
  readonly ref: string
  readonly #init: NamespaceBlobWriterInit
  #target: BlobWriter | SharedBlob
  #committed: Digest | undefined

  constructor(init: NamespaceBlobWriterInit) {
    this.ref = init.ref
    this.#init = init
    this.#target = init.target
  }

  async status(): Promise<IngestStatus> {
    return { ...(await this.#target.status()), ref: this.ref }
  }

  async digest(): Promise<Digest> {
    return this.#committed ?? (this.#target instanceof SharedBlob ? this.#target.digest : await this.#target.digest())
  }

  async write(bytes: Uint8Array): Promise<void> {
    await (await this.#writable('copy')).write(bytes)
  }

  async truncate(sizeBytes: 0): Promise<void> {
    await (await this.#writable('empty')).truncate(sizeBytes)
  }

  async commit(options: CommitOptions = {}): Promise<Digest> {
    const { state, namespace } = this.#init
    options.signal?.throwIfAborted()
    checkLabels(options.labels ?? {})
    const { offsetBytes } = await this.status()
    const digest = await this.#check(offsetBytes, options)
    // Held until the record stands: a blob without one is the collector's.
    using _held = await state.blobLock.acquire(digest, options.signal)
    await this.#commitBytes(options)
    let existed: boolean
    try {
      existed = await state.write((tx) => this.#record(tx, digest, offsetBytes, options), { signal: options.signal })
    } catch (error) {
      state.pending.blob(digest)
      throw error
    }
    this.#committed = digest
    if (existed) throw AlreadyExistsError.of('content', digest)
    await state.publish(namespace, { topic: '/content/create', digest, sizeBytes: offsetBytes })
    return digest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#init.owned.disposeAsync()
  }

  /** What the backend would find out as well, in the words that clients of the original know. */
  async #check(offsetBytes: number, { sizeBytes = 0, expected }: CommitOptions): Promise<Digest> {
    if (sizeBytes > 0 && sizeBytes !== offsetBytes) {
      throw new FailedPreconditionError(`"${this.ref}" failed size validation: ${offsetBytes} != ${sizeBytes}`)
    }
    if (this.#target instanceof SharedBlob && expected !== undefined && expected !== this.#target.digest) {
      throw new FailedPreconditionError(`"${this.ref}" unexpected digest`)
    }
    return expected ?? (await this.digest())
  }

  async #commitBytes({ sizeBytes, expected, signal }: CommitOptions): Promise<void> {
    if (this.#target instanceof SharedBlob) {
      // The namespace it came from may have lost it since.
      await this.#target.content.info(this.#target.digest, { signal })
      return
    }
    try {
      await this.#target.commit({ sizeBytes, expected, signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error // another namespace's bytes serve as well
    }
  }

  /** Turns the ingest into a blob; answers whether the namespace had the blob. */
  #record(tx: WriteTransaction, digest: Digest, sizeBytes: number, options: CommitOptions): boolean {
    const { state, namespace, leases, ref } = this.#init
    const lease = options.lease ?? this.#init.lease
    tx.delete(ingests, [namespace, ref])
    leases.remove(tx, lease, leased('ingests', ref))
    leases.add(tx, lease, leased('content', digest))
    if (tx.has(blobs, [namespace, digest])) return true
    const now = state.now()
    ensureNamespace(tx, namespace)
    tx.put(blobs, [namespace, digest], {
      sizeBytes,
      labels: storedLabels(options.labels),
      createdAt: now,
      updatedAt: now,
    })
    state.journal.note(toNode('content', namespace, digest))
    return false
  }

  /** The backend's writer; a virtual ingest gets one of its own, with the bytes it stands for or without. */
  async #writable(bytes: 'copy' | 'empty'): Promise<BlobWriter> {
    if (!(this.#target instanceof SharedBlob)) return this.#target
    const { state, namespace, backendRef, owned } = this.#init
    const shared = this.#target
    using _held = await state.ingestLock.acquire(backendRef)
    const writer = owned.use(await state.content.ingest(backendRef, { totalBytes: shared.sizeBytes }))
    await writer.truncate(0)
    if (bytes === 'copy') await copy(shared, writer)
    await state.write((tx) => {
      const record = tx.get(ingests, [namespace, this.ref])
      if (record === undefined) throw new UnavailableError(`ingest "${this.ref}" has expired`)
      tx.put(ingests, [namespace, this.ref], { backendRef, expireAt: record.expireAt })
      state.journal.note(toNode('ingest', namespace, this.ref))
    })
    this.#target = writer
    return writer
  }
}

async function copy(shared: SharedBlob, writer: BlobWriter): Promise<void> {
  await using reader = await shared.content.open(shared.digest)
  for (let offset = 0; offset < reader.sizeBytes;) {
    const bytes = await reader.read(offset, copyBytes)
    if (bytes.length === 0) return
    await writer.write(bytes)
    offset += bytes.length
  }
}
