// SPDX-License-Identifier: Apache-2.0
export { SnapshotDirectories } from './snapshot-directories.ts'
export { SnapshotStore } from './snapshot-store.ts'
export { snapshotFields } from './snapshot-record.ts'
export type { NewSnapshot } from './snapshot-directories.ts'
export type { SnapshotEditor, SnapshotReader } from './snapshot-transaction.ts'
export type { SnapshotRecord } from './snapshot-record.ts'
