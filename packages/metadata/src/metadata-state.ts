// SPDX-License-Identifier: Apache-2.0
import type {
  CallOptions,
  ContentStore,
  DomainEvent,
  EventPublisher,
  GarbageCollector,
  Logger,
  MutationObserver,
  Namespace,
  SnapshotBackend,
} from '@containerd-ts/core'
import { UnknownError } from '@containerd-ts/errdefs'
import { KeyedLock } from '@containerd-ts/lifecycle'
import type { Database, ReadTransaction, WriteTransaction } from '@containerd-ts/store'
import { MutationJournal } from './gc/mutation-journal.ts'
import { PendingCleanup } from './gc/pending-cleanup.ts'
import { RefWriters } from './ref-writers.ts'
import { SnapshotNames } from './snapshot-names.ts'
import { namespaces } from './tables.ts'

/** Whether a namespace may use bytes that another one has brought. */
export type ContentSharingPolicy = 'shared' | 'isolated'

export interface MetadataStateInit {
  readonly database: Database
  readonly content: ContentStore
  readonly snapshotters: Readonly<Record<string, SnapshotBackend>>
  readonly events: EventPublisher
  readonly logger: Logger
  readonly contentSharingPolicy: ContentSharingPolicy
  readonly now: () => Date
}

/** What the views of all namespaces share. */
export class MetadataState {
  readonly database: Database
  readonly content: ContentStore
  readonly snapshotters: ReadonlyMap<string, SnapshotBackend>
  readonly logger: Logger
  readonly contentSharingPolicy: ContentSharingPolicy
  readonly now: () => Date
  readonly journal = new MutationJournal()
  readonly pending: PendingCleanup
  readonly snapshotNames: SnapshotNames
  /** By digest: a blob comes into the backend with its record, or leaves it, never both at once. */
  readonly blobLock = new KeyedLock()
  /** By backend ref: an ingest starts in the backend with its record, or leaves it. */
  readonly ingestLock = new KeyedLock()
  /** By namespace, snapshotter and key. */
  readonly snapshotLock = new KeyedLock()
  readonly writers = new RefWriters()
  readonly #events: EventPublisher
  readonly #observers = new Set<MutationObserver>()
  #trigger: GarbageCollector | undefined

  constructor(init: MetadataStateInit) {
    this.database = init.database
    this.content = init.content
    this.snapshotters = new Map(Object.entries(init.snapshotters))
    this.logger = init.logger
    this.contentSharingPolicy = init.contentSharingPolicy
    this.now = init.now
    this.#events = init.events
    this.pending = new PendingCleanup(this.snapshotters.keys())
    this.snapshotNames = new SnapshotNames(init.database)
  }

  read<T>(work: (tx: ReadTransaction) => T): T {
    return this.database.read(work)
  }

  /** Writes, and tells observers afterwards. `deletes` says that the write may leave garbage. */
  async write<T>(
    work: (tx: WriteTransaction) => T,
    options: CallOptions & { readonly deletes?: boolean } = {},
  ): Promise<T> {
    const result = await this.database.write(work, { signal: options.signal })
    for (const observer of this.#observers) observer(options.deletes === true)
    return result
  }

  observe(observer: MutationObserver): Disposable {
    this.#observers.add(observer)
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) }
  }

  /** Who runs the collection that synchronous deletes wait for. */
  triggerWith(collector: GarbageCollector): void {
    this.#trigger = collector
  }

  async collectNow(options: CallOptions): Promise<void> {
    await this.#trigger?.collect({ signal: options.signal })
  }

  async publish(namespace: Namespace, event: DomainEvent): Promise<void> {
    await this.#events.publish(namespace, event)
  }
}

/**
 * The one name that the original cannot keep: a key of its schema is called so.
 * @throws {UnknownError} it is this name; the original's code for it
 */
export function refuseSchemaKey(namespace: Namespace): void {
  if (namespace === 'version') throw new UnknownError(`namespace "${namespace}": incompatible value`)
}

/** A namespace begins with the first thing written into it. */
export function ensureNamespace(tx: WriteTransaction, namespace: Namespace): void {
  refuseSchemaKey(namespace)
  if (!tx.has(namespaces, [namespace])) tx.put(namespaces, [namespace], { labels: {} })
}
