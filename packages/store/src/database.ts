// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '@containerd-ts/core'
import type { Key } from './key.ts'

/**
 * Names a set of records of one type inside a database. Values are plain data: strings, finite numbers, booleans,
 * `Date`, `Uint8Array`, arrays and objects of these; a value never is `undefined`.
 */
export interface Table<V> {
  readonly name: string
  /** Ties the value type to the name; never there at run time. */
  readonly valueType?: V
}

/** Names a table. Two tables of one database must differ in name. */
export const defineTable = <V>(name: string): Table<V> => ({ name })

export interface Entry<V> {
  /** Parts after the prefix that was listed. */
  readonly key: Key
  readonly value: V
}

export interface RangeOptions {
  /** Start behind this key (relative to the prefix) and everything below it. */
  readonly after?: Key | undefined
  /** At most so many records. */
  readonly limit?: number | undefined
}

/** Reads one consistent state. Valid only where it was handed out: inside the callback, or until disposal. */
export interface ReadTransaction {
  get<V>(table: Table<V>, key: Key): V | undefined
  has(table: Table<unknown>, key: Key): boolean
  /** Records whose key starts with the parts of `prefix`, in ascending order of keys. */
  entries<V>(table: Table<V>, prefix?: Key, options?: RangeOptions): Iterable<Entry<V>>
  /** As `entries`, without the values. */
  keys(table: Table<unknown>, prefix?: Key, options?: RangeOptions): Iterable<Key>
  /** Whether any record lies below `prefix`. */
  any(table: Table<unknown>, prefix?: Key): boolean
}

/** Reads its own writes. */
export interface WriteTransaction extends ReadTransaction {
  put<V>(table: Table<V>, key: Key, value: V): void
  /** Whether the record was there. */
  delete(table: Table<unknown>, key: Key): boolean
  /** Deletes every record below `prefix`; answers how many. */
  deleteAll(table: Table<unknown>, prefix?: Key): number
}

/** A state that stays readable across awaits, whatever is written meanwhile. Holds disk space until disposed. */
export interface Snapshot extends ReadTransaction, Disposable {}

export interface WriteOptions extends CallOptions {
  /**
   * `flushed` (default): resolves once the writes are on disk.
   * `ordered`: resolves once they are visible and bound to reach the disk before any later write of the same store.
   */
  readonly durability?: 'flushed' | 'ordered' | undefined
}

/**
 * Named tables inside a store. A database handed to somebody is theirs alone.
 *
 * Writes that arrive together share one commit. A callback is synchronous: reads inside it see the state it changes,
 * and nothing else runs meanwhile. One that throws undoes its own writes and nobody else's.
 */
export interface Database {
  /** Reads the latest committed state. The callback must not return a promise or keep `tx`. */
  read<T>(work: (tx: ReadTransaction) => T): T
  /**
   * Changes the state and resolves with the callback's result. Rejects with what the callback threw, once whatever
   * it has seen is on disk.
   * @throws {TypeError} the callback returned a promise; its writes are undone
   */
  write<T>(work: (tx: WriteTransaction) => T, options?: WriteOptions): Promise<T>
  /** The committed state of now, to be read across awaits. */
  snapshot(): Snapshot
  /** A database inside this one; the same name always gives the same one. Its tables are its own. */
  sub(name: string): Database
}
