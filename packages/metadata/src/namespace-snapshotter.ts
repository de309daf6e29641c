// SPDX-License-Identifier: Apache-2.0
import {
  checkLabels,
  matchesAny,
  storedLabels,
  updatedLabels,
  type CallOptions,
  type FieldPaths,
  type Filter,
  type Labels,
  type Mount,
  type SnapshotBackend,
  type SnapshotCommitOptions,
  type SnapshotCreateOptions,
  type SnapshotInfo,
  type Snapshotter,
  type SnapshotUsage,
} from '@containerd-ts/core'
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  isNotFound,
  NotFoundError,
  UnimplementedError,
} from '@containerd-ts/errdefs'
import type { Held } from '@containerd-ts/lifecycle'
import type { Key, WriteTransaction } from '@containerd-ts/store'
import { snapshotFields } from './fields.ts'
import { toSnapshotNode } from './gc/node.ts'
import { leasedSnapshot } from './lease-membership.ts'
import type { MetadataState } from './metadata-state.ts'
import { pages } from './record-pages.ts'
import { backendLabels, isBackendPath } from './snapshot-labels.ts'
import { SnapshotCreation, type SnapshotWay } from './snapshot-creation.ts'
import { deleteSnapshot, leaseExisting, putSnapshot, type SnapshotterScope } from './snapshot-records.ts'
import { snapshotChildren, snapshots, type SnapshotRecord } from './tables.ts'

/**
 * One snapshotter as one namespace sees it. The backend holds the snapshots of all under names of its own; a record
 * here gives one a key, its parent and its labels.
 */
export class NamespaceSnapshotter implements Snapshotter {
  readonly #init: SnapshotterScope
  readonly #state: MetadataState
  readonly #backend: SnapshotBackend
  readonly #creation: SnapshotCreation

  constructor(init: SnapshotterScope) {
    this.#init = init
    this.#state = init.state
    this.#backend = init.backend
    this.#creation = new SnapshotCreation(init)
  }

  async stat(key: string, options: CallOptions = {}): Promise<SnapshotInfo> {
    const record = this.#record(key)
    return merge(key, record, await this.#backend.stat(record.backendName, this.#call(options)))
  }

  async update(name: string, labels: Labels, paths?: FieldPaths, options: CallOptions = {}): Promise<SnapshotInfo> {
    checkLabels(labels)
    using _held = await this.#hold(name, options)
    const change = (current: SnapshotRecord): SnapshotRecord => {
      const changed = updatedLabels(current.labels, labels, paths, `snapshot "${name}"`)
      checkLabels(changed)
      return { ...current, labels: changed, updatedAt: this.#state.now() }
    }
    const wanted = change(this.#record(name))
    const info = await this.#updateBackend(wanted, paths, options)
    const updated = await this.#state.write((tx) => {
      const current = tx.get(snapshots, this.#key(name))
      if (current === undefined) throw this.#notFound(name)
      const record = change(current)
      tx.put(snapshots, this.#key(name), record)
      this.#state.journal.note(toSnapshotNode(this.#init.namespace, this.#init.name, name))
      return record
    }, options)
    return merge(name, updated, info)
  }

  async usage(key: string, options: CallOptions = {}): Promise<SnapshotUsage> {
    return await this.#backend.usage(this.#record(key).backendName, this.#call(options))
  }

  async mounts(key: string, options: CallOptions = {}): Promise<readonly Mount[]> {
    return await this.#backend.mounts(this.#record(key).backendName, this.#call(options))
  }

  async prepare(key: string, parent?: string, options: SnapshotCreateOptions = {}): Promise<readonly Mount[]> {
    const mounts = await this.#create('prepare', key, parent, options)
    const { name: snapshotter, namespace } = this.#init
    await this.#state.publish(namespace, { topic: '/snapshot/prepare', snapshotter, key, parent: parent ?? '' })
    return mounts
  }

  async view(key: string, parent?: string, options: SnapshotCreateOptions = {}): Promise<readonly Mount[]> {
    return await this.#create('view', key, parent, options)
  }

  async commit(name: string, key: string, options: SnapshotCommitOptions = {}): Promise<void> {
    checkLabels(options.labels ?? {})
    const { namespace, name: snapshotter } = this.#init
    using _held = await this.#hold(key, options)
    if (await leaseExisting(this.#init, name, options)) throw AlreadyExistsError.of('snapshot', `"${name}"`)
    const active = this.#record(key)
    const rebase = this.#rebase(active, key, options.parent)
    using _parent = this.#pinParent(options.parent)
    const labels = storedLabels(options.labels)
    using made = await this.#state.snapshotNames.take(namespace, snapshotter, name)
    await this.#backend.commit(made.name, active.backendName, {
      labels: backendLabels(labels),
      ...(rebase === undefined ? {} : { parent: rebase }),
      ...this.#call(options),
    })
    try {
      // No signal from here on: what the backend has done the record must follow.
      const work = (tx: WriteTransaction) => this.#recordCommit(tx, name, key, { ...options, labels }, made.name)
      if (!(await this.#state.write(work))) throw AlreadyExistsError.of('snapshot', `"${name}"`)
    } catch (error) {
      this.#state.pending.snapshot(snapshotter, made.name)
      throw error
    }
    await this.#state.publish(namespace, { topic: '/snapshot/commit', snapshotter, key, name })
  }

  /** Removes the record; what the backend holds goes with the next garbage collection. */
  async remove(key: string, options: CallOptions = {}): Promise<void> {
    const { namespace, name: snapshotter, leases } = this.#init
    using _held = await this.#hold(key, options)
    await this.#state.write(
      (tx) => {
        const record = tx.get(snapshots, this.#key(key))
        if (record === undefined) throw this.#notFound(key)
        if (tx.any(snapshotChildren, this.#key(key))) {
          throw new FailedPreconditionError(`snapshot "${key}": cannot remove snapshot with child`)
        }
        deleteSnapshot(tx, namespace, snapshotter, key, record)
        leases.remove(tx, options.lease, leasedSnapshot(snapshotter, key))
        this.#state.pending.snapshot(snapshotter, record.backendName)
      },
      { ...options, deletes: true },
    )
    await this.#state.publish(namespace, { topic: '/snapshot/remove', snapshotter, key })
  }

  async *list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<SnapshotInfo> {
    const below = [this.#init.namespace, this.#init.name]
    for await (const page of pages(this.#state.database, snapshots, below, options)) {
      for (const { key, value } of page) {
        const info = await this.#backend.stat(value.backendName, this.#call(options)).catch(absentIfNotFound)
        if (info === undefined) continue
        const merged = merge(key[0] as string, value, info)
        if (matchesAny(filters, snapshotFields(merged))) yield merged
      }
    }
  }

  /** The backend is cleaned by the collector, for all namespaces at once. */
  async cleanup(): Promise<void> {
    throw new UnimplementedError(`snapshotter ${this.#init.name} does not implement cleanup method`)
  }

  async #create(
    way: SnapshotWay,
    key: string,
    parent: string | undefined,
    options: SnapshotCreateOptions,
  ): Promise<readonly Mount[]> {
    if (key === '') throw new InvalidArgumentError('snapshot key must not be empty')
    checkLabels(options.labels ?? {})
    using _held = await this.#hold(key, options)
    using _parent = this.#pinParent(parent)
    return await this.#creation.run(way, key, parent, options)
  }

  /** What the backend hears of a call. */
  #call({ signal }: CallOptions): CallOptions {
    return { signal, namespace: this.#init.namespace }
  }

  /** Passes on what concerns the backend; answers what it knows of the snapshot. */
  async #updateBackend(
    { backendName, labels }: SnapshotRecord,
    paths: FieldPaths | undefined,
    options: CallOptions,
  ): Promise<SnapshotInfo> {
    const isWhole = paths === undefined || paths.length === 0
    const inherited = isWhole ? undefined : paths.filter(isBackendPath)
    if (inherited?.length === 0) return await this.#backend.stat(backendName, this.#call(options))
    return await this.#backend.update(backendName, backendLabels(labels), inherited, this.#call(options))
  }

  /** Backend name of the parent that a commit gives to a snapshot without one. */
  #rebase(active: SnapshotRecord, key: string, parent: string | undefined): string | undefined {
    if (parent === undefined || parent === '' || parent === active.parent) return undefined
    if (active.parent !== undefined) {
      throw new FailedPreconditionError(`snapshot "${key}" has a parent already`)
    }
    if (!this.#backend.capabilities.includes('rebase')) {
      throw new UnimplementedError(`snapshotter ${this.#init.name} does not support rebase`)
    }
    return this.#record(parent, 'parent snapshot').backendName
  }

  /** Answers whether the name was free; if not, nothing but the lease changes. */
  #recordCommit(
    tx: WriteTransaction,
    name: string,
    key: string,
    options: SnapshotCommitOptions,
    backendName: string,
  ): boolean {
    const { namespace, name: snapshotter, leases } = this.#init
    leases.add(tx, options.lease, leasedSnapshot(snapshotter, name))
    if (tx.has(snapshots, this.#key(name))) return false
    const active = tx.get(snapshots, this.#key(key))
    if (active === undefined) throw this.#notFound(key)
    const parent = active.parent ?? (options.parent === '' ? undefined : options.parent)
    leases.remove(tx, options.lease, leasedSnapshot(snapshotter, key))
    deleteSnapshot(tx, namespace, snapshotter, key, active)
    const now = this.#state.now()
    const record: SnapshotRecord = { backendName, parent, labels: options.labels ?? {}, createdAt: now, updatedAt: now }
    putSnapshot(tx, namespace, snapshotter, name, record)
    this.#state.journal.note(toSnapshotNode(namespace, snapshotter, name))
    return true
  }

  #record(key: string, what = 'snapshot'): SnapshotRecord {
    const record = this.#state.read((tx) => tx.get(snapshots, this.#key(key)))
    if (record === undefined) throw this.#notFound(key, what)
    return record
  }

  #notFound(key: string, what = 'snapshot'): NotFoundError {
    return new NotFoundError(`${what} ${key} does not exist: not found`)
  }

  #key(key: string): Key {
    return [this.#init.namespace, this.#init.name, key]
  }

  async #hold(key: string, { signal }: CallOptions): Promise<Held> {
    return await this.#state.snapshotLock.acquire(this.#key(key).join('\0'), signal)
  }

  /** A parent that is about to get a child is no garbage. */
  #pinParent(parent: string | undefined): Disposable | undefined {
    if (parent === undefined || parent === '') return undefined
    return this.#state.journal.pin(toSnapshotNode(this.#init.namespace, this.#init.name, parent))
  }
}

/** Name, parent and times are the metadata's; its labels lie over those of the backend; the rest is the backend's. */
const merge = (key: string, record: SnapshotRecord, info: SnapshotInfo): SnapshotInfo => ({
  kind: info.kind,
  name: key,
  ...(record.parent === undefined ? {} : { parent: record.parent }),
  labels: { ...info.labels, ...record.labels },
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
})

function absentIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}
