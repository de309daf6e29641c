// SPDX-License-Identifier: Apache-2.0
import type { FieldLookup, Labels, SnapshotInfo, SnapshotKind, SnapshotUsage } from '@containerd-ts/core'

/** What is known of one snapshot. */
export interface SnapshotRecord {
  /** Names the snapshot on disk; never given again while the snapshot stands. Starts at 1. */
  readonly id: number
  readonly info: SnapshotInfo
  /** Recorded at commit; zeros before. */
  readonly usage: SnapshotUsage
}

/** As it lies in the database. */
export interface StoredSnapshot {
  readonly id: number
  readonly kind: SnapshotKind
  readonly parent: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly labels: Labels
  readonly sizeBytes: number
  readonly inodes: number
}

export const toRecord = (name: string, stored: StoredSnapshot): SnapshotRecord => ({
  id: stored.id,
  info: {
    kind: stored.kind,
    name,
    ...(stored.parent === '' ? {} : { parent: stored.parent }),
    labels: stored.labels,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
  },
  usage: { sizeBytes: stored.sizeBytes, inodes: stored.inodes },
})

/** Fields a snapshot filter may name: `kind`, `name`, `parent`, `labels.<key>`. */
export const snapshotFields =
  (info: SnapshotInfo): FieldLookup =>
  (path) => {
    const [field, ...rest] = path
    if (field === 'labels') return info.labels[rest.join('.')]
    if (rest.length > 0) return undefined
    if (field === 'kind') return info.kind
    if (field === 'name') return info.name
    return field === 'parent' ? (info.parent ?? '') : undefined
  }
