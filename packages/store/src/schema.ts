// SPDX-License-Identifier: Apache-2.0
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import { defineTable, type Database, type WriteTransaction } from './database.ts'

/** What a database's tables look like, by version. */
export interface Schema {
  /** What the version counts, for messages: `metadata`, `snapshots`. */
  readonly name: string
  readonly version: number
  /** Brings a database of an older version to this one. Not called for a new database. */
  upgrade(tx: WriteTransaction, from: number): void
}

const versions = defineTable<number>('schema-version')

/**
 * Makes sure that a database has this schema: records it in a new one, upgrades an older one in one transaction.
 * @throws {FailedPreconditionError} the database was written by a newer release
 */
export async function applySchema(database: Database, schema: Schema): Promise<void> {
  if (database.read((tx) => tx.get(versions, [])) === schema.version) return
  await database.write((tx) => {
    const found = tx.get(versions, [])
    if (found !== undefined && found > schema.version) {
      throw new FailedPreconditionError(
        `${schema.name} schema version ${found} is newer than ${schema.version}, the newest this release reads`,
      )
    }
    if (found !== undefined && found < schema.version) schema.upgrade(tx, found)
    tx.put(versions, [], schema.version)
  })
}
