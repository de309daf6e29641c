// SPDX-License-Identifier: Apache-2.0
import {
  LabelKey,
  storedLabels,
  type Labels,
  type Mount,
  type SnapshotCreateOptions,
  type SnapshotInfo,
} from '@containerd-ts/core'
import { AlreadyExistsError, isAlreadyExists, NotFoundError, UnknownError } from '@containerd-ts/errdefs'
import type { Key, ReadTransaction } from '@containerd-ts/store'
import { toSnapshotNode } from './gc/node.ts'
import { leasedSnapshot } from './lease-membership.ts'
import { backendLabels } from './snapshot-labels.ts'
import { backendLockKey, leaseExisting, putSnapshot, type SnapshotterScope } from './snapshot-records.ts'
import { snapshots, type SnapshotRecord } from './tables.ts'

export type SnapshotWay = 'prepare' | 'view'

/** A new snapshot as far as its record is concerned. */
interface Draft {
  readonly key: string
  readonly parent: string | undefined
  readonly backendName: string
  readonly labels: Labels
}

/** Makes snapshots: in the backend under a name of its own, then the record. */
export class SnapshotCreation {
  readonly #init: SnapshotterScope

  constructor(init: SnapshotterScope) {
    this.#init = init
  }

  async run(
    way: SnapshotWay,
    key: string,
    parentKey: string | undefined,
    options: SnapshotCreateOptions,
  ): Promise<readonly Mount[]> {
    const { state, namespace, name: snapshotter, backend } = this.#init
    const parent = parentKey === '' ? undefined : parentKey
    const labels = storedLabels(options.labels)
    const target = labels[LabelKey.snapshotRef]
    const backendParent = await this.#check(key, parent, target, options)
    using made = await state.snapshotNames.take(namespace, snapshotter, key)
    const draft: Draft = { key, parent, labels, backendName: made.name }
    let mounts: readonly Mount[]
    try {
      mounts = await backend[way](made.name, backendParent, {
        labels: backendLabels(labels),
        signal: options.signal,
        namespace,
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      if (target === undefined) {
        throw new UnknownError(`unexpected error from snapshotter: ${String(error)}`, { cause: toPlain(error) })
      }
      await this.#adopt(target, parent, backendParent, options)
      throw new AlreadyExistsError(`target snapshot "${target}" from snapshotter: already exists`, { cause: error })
    }
    try {
      await this.#record(draft, options)
    } catch (error) {
      state.pending.snapshot(snapshotter, made.name)
      throw error
    }
    return mounts
  }

  /** Answers the parent's name in the backend. @throws {AlreadyExistsError} key or target are taken */
  async #check(
    key: string,
    parent: string | undefined,
    target: string | undefined,
    options: SnapshotCreateOptions,
  ): Promise<string | undefined> {
    if (target !== undefined && (await leaseExisting(this.#init, target, options))) {
      throw new AlreadyExistsError(`target snapshot "${target}": already exists`)
    }
    if (await leaseExisting(this.#init, key, options)) throw AlreadyExistsError.of('snapshot', `"${key}"`)
    if (parent === undefined) return undefined
    return this.#init.state.read((tx) => this.#parent(tx, parent)).backendName
  }

  async #record({ key, parent, backendName, labels }: Draft, options: SnapshotCreateOptions): Promise<void> {
    const { state, namespace, leases, name: snapshotter } = this.#init
    const isNew = await state.write((tx) => {
      leases.add(tx, options.lease, leasedSnapshot(snapshotter, key))
      if (tx.has(snapshots, this.#key(key))) return false
      if (parent !== undefined) this.#parent(tx, parent)
      const now = state.now()
      putSnapshot(tx, namespace, snapshotter, key, { backendName, parent, labels, createdAt: now, updatedAt: now })
      state.journal.note(toSnapshotNode(namespace, snapshotter, key))
      return true
    })
    if (!isNew) throw AlreadyExistsError.of('snapshot', `"${key}"`)
  }

  /**
   * Takes over a committed snapshot that the backend brought along itself, as remote snapshotters do: the one that
   * carries the target's reference and has the same parent.
   */
  async #adopt(
    target: string,
    parent: string | undefined,
    backendParent: string | undefined,
    options: SnapshotCreateOptions,
  ): Promise<void> {
    const { state, namespace, leases, name: snapshotter, backend } = this.#init
    let found: SnapshotInfo | undefined
    for await (const info of backend.list(undefined, { signal: options.signal, namespace })) {
      const fits = info.kind === 'committed' && info.labels[LabelKey.snapshotRef] === target
      if (fits && (info.parent ?? undefined) === backendParent) {
        found = info
        break
      }
    }
    if (found === undefined) throw new NotFoundError(`target snapshot "${target}" in backend: not found`)
    const { name: backendName, labels } = found
    using _held = await state.snapshotLock.acquire(backendLockKey(snapshotter, backendName), options.signal)
    await state.write((tx) => {
      leases.add(tx, options.lease, leasedSnapshot(snapshotter, target))
      if (tx.has(snapshots, this.#key(target))) return
      if (parent !== undefined) this.#parent(tx, parent)
      const now = state.now()
      const record: SnapshotRecord = {
        backendName,
        parent,
        labels: storedLabels({ ...labels, ...options.labels }),
        createdAt: now,
        updatedAt: now,
      }
      putSnapshot(tx, namespace, snapshotter, target, record)
      state.journal.note(toSnapshotNode(namespace, snapshotter, target))
    }, options)
  }

  #parent(tx: ReadTransaction, parent: string): SnapshotRecord {
    const record = tx.get(snapshots, this.#key(parent))
    if (record === undefined) throw new NotFoundError(`parent snapshot ${parent} does not exist: not found`)
    return record
  }

  #key(key: string): Key {
    return [this.#init.namespace, this.#init.name, key]
  }
}

/** Without its code: the caller must not take the backend's answer for one about its own key. */
const toPlain = (error: unknown): Error => new Error(error instanceof Error ? error.message : String(error))
