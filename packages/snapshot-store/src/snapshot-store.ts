// SPDX-License-Identifier: Apache-2.0
import { matchesAny, type CallOptions, type Filter, type SnapshotInfo } from '@containerd-ts/core'
import { applySchema, type Database, type WriteOptions } from '@containerd-ts/store'
import { snapshotFields } from './snapshot-record.ts'
import { SnapshotEditor, SnapshotReader } from './snapshot-transaction.ts'

const pageSize = 100

/**
 * Records of one snapshotter: ids, kinds, parents, labels, usage. Knows nothing of directories; a snapshotter makes
 * its own file-system changes around or inside (synchronously) a transaction.
 */
export class SnapshotStore {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  /** @throws {FailedPreconditionError} a newer release wrote the database */
  static async open(database: Database): Promise<SnapshotStore> {
    await applySchema(database, { name: 'snapshots', version: 1, upgrade: () => {} })
    return new SnapshotStore(database)
  }

  read<T>(work: (snapshots: SnapshotReader) => T): T {
    return this.#database.read((tx) => work(new SnapshotReader(tx)))
  }

  /** Resolves once the change is on disk, unless `durability` says otherwise. */
  async write<T>(work: (snapshots: SnapshotEditor) => T, options?: WriteOptions): Promise<T> {
    return this.#database.write((tx) => work(new SnapshotEditor(tx)), options)
  }

  /** In ascending order of keys; each page of a hundred is one state. */
  async *list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<SnapshotInfo> {
    for (let after: string | undefined; ;) {
      options.signal?.throwIfAborted()
      const from = after
      const page = this.read((snapshots) => snapshots.page(from, pageSize))
      for (const { info } of page) if (matchesAny(filters, snapshotFields(info))) yield info
      after = page.at(-1)?.info.name
      if (page.length < pageSize) return
    }
  }
}
