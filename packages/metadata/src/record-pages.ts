// SPDX-License-Identifier: Apache-2.0
import { matchesAny, type CallOptions, type FieldLookup, type Filter } from '@containerd-ts/core'
import type { Database, Entry, Key, Table } from '@containerd-ts/store'

/** Records read in one transaction; between pages others may write. */
const pageSize = 100

/** Records below a prefix, page by page, in ascending order of keys. */
export async function* pages<V>(
  database: Database,
  table: Table<V>,
  prefix: Key,
  options: CallOptions,
): AsyncGenerator<readonly Entry<V>[]> {
  let after: Key | undefined
  for (;;) {
    options.signal?.throwIfAborted()
    const page = database.read((tx) => [...tx.entries(table, prefix, { after, limit: pageSize })])
    if (page.length > 0) yield page
    if (page.length < pageSize) return
    after = page.at(-1)?.key
  }
}

/** Objects made from the records below a prefix that pass the filters. */
export async function* listed<V, T>(
  database: Database,
  table: Table<V>,
  prefix: Key,
  toObject: (id: string, record: V) => T,
  fields: (object: T) => FieldLookup,
  filters: readonly Filter[] | undefined,
  options: CallOptions,
): AsyncGenerator<T> {
  for await (const page of pages(database, table, prefix, options)) {
    for (const { key, value } of page) {
      const object = toObject(key[0] as string, value)
      if (matchesAny(filters, fields(object))) yield object
    }
  }
}
