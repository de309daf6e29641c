// SPDX-License-Identifier: Apache-2.0
export { defineTable } from './database.ts'
export { applySchema } from './schema.ts'
export { openStore } from './store.ts'
export type {
  Database,
  Entry,
  RangeOptions,
  ReadTransaction,
  Snapshot,
  Table,
  WriteOptions,
  WriteTransaction,
} from './database.ts'
export type { Key, KeyPart } from './key.ts'
export type { Schema } from './schema.ts'
export type { OpenStoreOptions, Store } from './store.ts'
