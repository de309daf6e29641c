// SPDX-License-Identifier: Apache-2.0
import {
  silentLogger,
  type CollectorHost,
  type ContentStore,
  type EventPublisher,
  type GarbageCollector,
  type Logger,
  type Metadata,
  type MutationObserver,
  type Namespace,
  type NamespaceView,
  type SnapshotBackend,
  type Snapshotter,
} from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { applySchema, type Database } from '@containerd-ts/store'
import { LmdbContainerStore } from './container-store.ts'
import { ConcurrentCollector } from './gc/collector.ts'
import type { ResourceCollector } from './gc/resource-collector.ts'
import { LmdbImageStore } from './image-store.ts'
import { LeaseMembership } from './lease-membership.ts'
import { LmdbLeaseManager } from './lease-manager.ts'
import { MetadataState, type ContentSharingPolicy } from './metadata-state.ts'
import { NamespaceContent } from './namespace-content.ts'
import { NamespaceSnapshotter } from './namespace-snapshotter.ts'
import { LmdbNamespaceStore } from './namespace-store.ts'
import { LmdbSandboxStore } from './sandbox-store.ts'
import { schemaVersion } from './tables.ts'

export interface MetadataInit {
  /** The store, or a database inside one; the metadata's alone. */
  readonly store: Database
  /** Bytes of all namespaces. Whatever has no record here is removed from it. */
  readonly content: ContentStore
  /** By name. Whatever has no record here is removed from them. */
  readonly snapshotters: Readonly<Record<string, SnapshotBackend>>
  readonly events: EventPublisher
  readonly logger?: Logger | undefined
  /** Default `shared`: a namespace gets bytes that another has brought by naming their digest. */
  readonly contentSharingPolicy?: ContentSharingPolicy | undefined
  readonly now?: (() => Date) | undefined
}

/**
 * Opens the metadata in a database, upgrading its schema if need be.
 * @throws {FailedPreconditionError} a newer release wrote it @throws {InvalidArgumentError} unknown sharing policy
 */
export async function createMetadata(init: MetadataInit): Promise<LmdbMetadata> {
  const contentSharingPolicy = init.contentSharingPolicy ?? 'shared'
  if (contentSharingPolicy !== 'shared' && contentSharingPolicy !== 'isolated') {
    throw new InvalidArgumentError(`unknown policy: ${String(contentSharingPolicy)}`)
  }
  await applySchema(init.store, { name: 'metadata', version: schemaVersion, upgrade: () => {} })
  const { store: database, content, snapshotters, events } = init
  const now = init.now ?? (() => new Date())
  const logger = init.logger ?? silentLogger
  return new LmdbMetadata(
    new MetadataState({ database, content, snapshotters, events, logger, contentSharingPolicy, now }),
  )
}

/** Records in LMDB over backends that know no namespaces. Owns neither store nor backends. */
export class LmdbMetadata implements Metadata, CollectorHost, AsyncDisposable {
  readonly namespaces: LmdbNamespaceStore
  readonly collector: ConcurrentCollector
  readonly contentSharingPolicy: ContentSharingPolicy
  readonly #state: MetadataState
  readonly #views = new Map<Namespace, NamespaceView>()

  constructor(state: MetadataState) {
    this.#state = state
    this.contentSharingPolicy = state.contentSharingPolicy
    this.namespaces = new LmdbNamespaceStore(state)
    this.collector = new ConcurrentCollector(state)
    state.triggerWith(this.collector)
  }

  get snapshotters(): readonly string[] {
    return [...this.#state.snapshotters.keys()]
  }

  in(namespace: Namespace): NamespaceView {
    let view = this.#views.get(namespace)
    if (view === undefined) {
      view = makeView(this.#state, namespace)
      this.#views.set(namespace, view)
    }
    return view
  }

  observe(observer: MutationObserver): Disposable {
    return this.#state.observe(observer)
  }

  triggerWith(collector: GarbageCollector): void {
    this.#state.triggerWith(collector)
  }

  /** Lets streams or mounts take part in collection. */
  register(collector: ResourceCollector): void {
    this.collector.register(collector)
  }

  /** Waits for a collection under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.collector.idle()
  }
}

function makeView(state: MetadataState, namespace: Namespace): NamespaceView {
  const leases = new LeaseMembership(state.journal, namespace)
  const snapshotters = new Map<string, Snapshotter>()
  return {
    namespace,
    content: new NamespaceContent(state, namespace, leases),
    images: new LmdbImageStore(state, namespace, leases),
    containers: new LmdbContainerStore(state, namespace),
    leases: new LmdbLeaseManager(state, namespace, leases),
    sandboxes: new LmdbSandboxStore(state, namespace),
    snapshotter: (name) => {
      const backend = state.snapshotters.get(name)
      if (backend === undefined) throw new InvalidArgumentError(`snapshotter not loaded: ${name}`)
      const known = snapshotters.get(name)
      if (known !== undefined) return known
      const snapshotter = new NamespaceSnapshotter({ state, namespace, leases, name, backend })
      snapshotters.set(name, snapshotter)
      return snapshotter
    },
  }
}
