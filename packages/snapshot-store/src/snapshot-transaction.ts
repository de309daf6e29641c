// SPDX-License-Identifier: Apache-2.0
import { storedLabels, updatedLabels } from '@containerd-ts/core'
import type { FieldPaths, Labels, SnapshotCommitOptions, SnapshotInfo, SnapshotUsage } from '@containerd-ts/core'
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
} from '@containerd-ts/errdefs'
import { defineTable, type ReadTransaction, type WriteTransaction } from '@containerd-ts/store'
import { toRecord, type SnapshotRecord, type StoredSnapshot } from './snapshot-record.ts'

const snapshots = defineTable<StoredSnapshot>('snapshots')
/** `[parent id, child id]` to the child's key. */
const children = defineTable<string>('children')
const sequence = defineTable<number>('sequence')

/** Reads one consistent state. */
export class SnapshotReader {
  readonly #tx: ReadTransaction

  constructor(tx: ReadTransaction) {
    this.#tx = tx
  }

  find(key: string): SnapshotRecord | undefined {
    const stored = this.#tx.get(snapshots, [key])
    return stored === undefined ? undefined : toRecord(key, stored)
  }

  /** @throws {NotFoundError} */
  get(key: string): SnapshotRecord {
    const record = this.find(key)
    if (record === undefined) throw NotFoundError.of('snapshot', key)
    return record
  }

  /** Ids of the ancestors, nearest first. */
  parentIds(record: SnapshotRecord): readonly number[] {
    const ids: number[] = []
    for (let parent = record.info.parent; parent !== undefined;) {
      const { id, info } = this.get(parent)
      ids.push(id)
      parent = info.parent
    }
    return ids
  }

  hasChildren(record: SnapshotRecord): boolean {
    return this.#tx.any(children, [record.id])
  }

  /** At most `limit` snapshots behind key `after`, ascending. */
  page(after: string | undefined, limit: number): readonly SnapshotRecord[] {
    const range = after === undefined ? { limit } : { after: [after], limit }
    return [...this.#tx.entries(snapshots, [], range)].map(({ key, value }) => toRecord(String(key[0]), value))
  }

  /** Ids of all snapshots: what may lie on disk. */
  ids(): ReadonlySet<number> {
    return new Set([...this.#tx.entries(snapshots)].map(({ value }) => value.id))
  }
}

/** Changes the records. A method that throws leaves the whole transaction undone. */
export class SnapshotEditor extends SnapshotReader {
  readonly #tx: WriteTransaction

  constructor(tx: WriteTransaction) {
    super(tx)
    this.#tx = tx
  }

  /**
   * @throws {AlreadyExistsError} the key is taken @throws {NotFoundError} no such parent
   * @throws {InvalidArgumentError} the parent is not committed
   */
  create(kind: 'active' | 'view', key: string, parent: string | undefined, labels: Labels = {}): SnapshotRecord {
    const parentRecord = this.#committedParent(parent)
    if (this.find(key) !== undefined) throw AlreadyExistsError.of('snapshot', key)
    const id = (this.#tx.get(sequence, []) ?? 0) + 1
    this.#tx.put(sequence, [], id)
    const now = new Date()
    const stored: StoredSnapshot = {
      id,
      kind,
      parent: parent ?? '',
      createdAt: now,
      updatedAt: now,
      labels: storedLabels(labels),
      sizeBytes: 0,
      inodes: 0,
    }
    this.#tx.put(snapshots, [key], stored)
    if (parentRecord !== undefined) this.#tx.put(children, [parentRecord.id, id], key)
    return toRecord(key, stored)
  }

  /**
   * Renames active `key` to committed `name`, with the labels given and no others.
   * @throws {NotFoundError} no such key or parent @throws {AlreadyExistsError} the name is taken
   * @throws {FailedPreconditionError} the key is not active, or a parent is given to one that has a parent
   */
  commit(name: string, key: string, usage: SnapshotUsage, options: SnapshotCommitOptions = {}): SnapshotRecord {
    if (this.find(name) !== undefined) throw AlreadyExistsError.of('snapshot', name)
    const { id, info } = this.get(key)
    if (info.kind !== 'active') throw new FailedPreconditionError(`snapshot ${key} is not active`)
    const rebase = options.parent !== undefined && options.parent !== '' && options.parent !== info.parent
    if (rebase && info.parent !== undefined) {
      throw new FailedPreconditionError(
        `snapshot ${key} has parent ${info.parent} and cannot be committed on ${options.parent}`,
      )
    }
    const parent = rebase ? options.parent : info.parent
    const parentRecord = this.#committedParent(parent)
    const now = new Date()
    const stored: StoredSnapshot = {
      id,
      kind: 'committed',
      parent: parent ?? '',
      createdAt: now,
      updatedAt: now,
      labels: storedLabels(options.labels ?? {}),
      ...usage,
    }
    this.#tx.delete(snapshots, [key])
    this.#tx.put(snapshots, [name], stored)
    if (parentRecord !== undefined) this.#tx.put(children, [parentRecord.id, id], name)
    return toRecord(name, stored)
  }

  /** @throws {NotFoundError} @throws {FailedPreconditionError} it has children */
  remove(key: string): SnapshotRecord {
    const record = this.get(key)
    if (this.hasChildren(record))
      throw new FailedPreconditionError(`snapshot ${key}: cannot remove snapshot with child`)
    const { parent } = record.info
    if (parent !== undefined) this.#tx.delete(children, [this.get(parent).id, record.id])
    this.#tx.delete(snapshots, [key])
    return record
  }

  /** @throws {NotFoundError} @throws {InvalidArgumentError} a path that names no label */
  update(name: string, labels: Labels, paths?: FieldPaths): SnapshotInfo {
    const { id, info, usage } = this.get(name)
    const stored: StoredSnapshot = {
      id,
      kind: info.kind,
      parent: info.parent ?? '',
      createdAt: info.createdAt,
      updatedAt: new Date(),
      labels: updatedLabels(info.labels, labels, paths, `snapshot "${name}"`),
      ...usage,
    }
    this.#tx.put(snapshots, [name], stored)
    return toRecord(name, stored).info
  }

  #committedParent(parent: string | undefined): SnapshotRecord | undefined {
    if (parent === undefined || parent === '') return undefined
    const record = this.find(parent)
    if (record === undefined) throw NotFoundError.of('parent snapshot', parent)
    if (record.info.kind !== 'committed') throw new InvalidArgumentError(`parent ${parent} is not committed snapshot`)
    return record
  }
}
