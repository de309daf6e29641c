// SPDX-License-Identifier: Apache-2.0
import type { Database as LmdbDatabase, RangeOptions as LmdbRangeOptions, Transaction } from 'lmdb'
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import type { Entry, RangeOptions, Snapshot, Table, WriteTransaction } from './database.ts'
import { decodeKey, encodeKey, isShortened, rangeBelow, type Key } from './key.ts'

/** The LMDB handle as this package uses it: keys are bytes, values msgpack. */
export type Lmdb = LmdbDatabase<unknown, Buffer>

/** What is stored under a key that had to be shortened: the key in full beside the value. */
interface Shortened {
  readonly shortenedKey: Key
  readonly value: unknown
}

/** A transaction over one database's share of the environment. One class serves reads and writes; the face differs. */
export class LmdbTransaction implements WriteTransaction, Snapshot {
  readonly #db: Lmdb
  readonly #prefix: Buffer
  readonly #mode: 'read' | 'write' | Transaction
  #open = true

  /** @param mode - a read transaction to pin, which this one then owns; or what the environment has current */
  constructor(db: Lmdb, prefix: Buffer, mode: 'read' | 'write' | Transaction) {
    this.#db = db
    this.#prefix = prefix
    this.#mode = mode
  }

  get<V>(table: Table<V>, key: Key): V | undefined {
    const found = this.#db.get(this.#key(table, key), this.#options())
    return (isShortened(key) ? (found as Shortened | undefined)?.value : found) as V | undefined
  }

  has(table: Table<unknown>, key: Key): boolean {
    return this.get(table, key) !== undefined
  }

  *entries<V>(table: Table<V>, prefix: Key = [], options: RangeOptions = {}): Iterable<Entry<V>> {
    const below = this.#key(table, prefix)
    const range = this.#db.getRange(this.#range(below, options))
    for (const { key, value } of this.#stable(range)) {
      this.#check()
      const parts = decodeKey(key, below.length)
      if (parts !== undefined) {
        yield { key: parts, value: value as V }
      } else {
        const { shortenedKey, value: inner } = value as Shortened
        yield { key: shortenedKey.slice(prefix.length), value: inner as V }
      }
    }
  }

  *keys(table: Table<unknown>, prefix: Key = [], options: RangeOptions = {}): Iterable<Key> {
    const below = this.#key(table, prefix)
    const range = this.#db.getKeys(this.#range(below, options))
    for (const key of this.#stable(range)) {
      this.#check()
      yield decodeKey(key, below.length) ?? this.#fullKey(key).slice(prefix.length)
    }
  }

  any(table: Table<unknown>, prefix: Key = []): boolean {
    for (const _key of this.keys(table, prefix, { limit: 1 })) return true
    return false
  }

  put<V>(table: Table<V>, key: Key, value: V): void {
    const stored: unknown = isShortened(key) ? ({ shortenedKey: key, value } satisfies Shortened) : value
    this.#db.putSync(this.#key(table, key), stored)
  }

  delete(table: Table<unknown>, key: Key): boolean {
    return this.#db.removeSync(this.#key(table, key))
  }

  deleteAll(table: Table<unknown>, prefix: Key = []): number {
    const keys = [...this.#db.getKeys(rangeBelow(this.#key(table, prefix), undefined))]
    for (const key of keys) this.#db.removeSync(key)
    return keys.length
  }

  /** Ends the transaction's validity: whoever kept it gets an error, not another state. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    if (typeof this.#mode === 'object') this.#mode.done()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #fullKey(key: Buffer): Key {
    return (this.#db.get(key, this.#options()) as Shortened).shortenedKey
  }

  #key(table: Table<unknown>, key: Key): Buffer {
    this.#check()
    return encodeKey(this.#prefix, [table.name, ...key])
  }

  #options(): { transaction?: Transaction } {
    return typeof this.#mode === 'object' ? { transaction: this.#mode } : {}
  }

  #range(below: Buffer, { after, limit }: RangeOptions): LmdbRangeOptions {
    return { ...rangeBelow(below, after), ...(limit === undefined ? {} : { limit }), ...this.#options() }
  }

  /** A cursor of a write transaction does not outlive changes under it: there the range is read first. */
  #stable<T>(range: Iterable<T>): Iterable<T> {
    return this.#mode === 'write' ? [...range] : range
  }

  #check(): void {
    if (!this.#open) throw new FailedPreconditionError('transaction used after its end')
  }
}
