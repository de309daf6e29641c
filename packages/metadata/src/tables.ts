// SPDX-License-Identifier: Apache-2.0
import type { Container, Digest, Image, Labels, Sandbox } from '@containerd-ts/core'
import { defineTable } from '@containerd-ts/store'

/** What the records look like; see `openMetadata` for upgrades. */
export const schemaVersion = 1

interface StampedRecord {
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly labels: Labels
}

export type ImageRecord = Omit<Image, 'name'>
export type ContainerRecord = Omit<Container, 'id'>
export type SandboxRecord = Omit<Sandbox, 'id'>

export interface BlobRecord extends StampedRecord {
  readonly sizeBytes: number
}

export interface SnapshotRecord extends StampedRecord {
  /** What the backend calls it: `<namespace>/<number>/<key>`. */
  readonly backendName: string
  /** Key of the parent in this namespace. */
  readonly parent?: string | undefined
}

export interface IngestRecord {
  /** What the backend calls it: `<namespace>/1/<ref>`. Absent for a virtual ingest: the blob is another namespace's. */
  readonly backendRef?: string | undefined
  /** Digest the bytes will have; of a virtual ingest it is the blob it stands for. */
  readonly expected?: Digest | undefined
  /** Keeps the ingest until then; absent for one that a lease keeps. */
  readonly expireAt?: Date | undefined
}

export interface LeaseRecord {
  readonly createdAt: Date
  readonly labels: Labels
}

export type LeasedKind = 'content' | 'images' | 'ingests' | 'snapshots'

// Every key starts with the namespace.
export const namespaces = defineTable<{ readonly labels: Labels }>('namespaces')
export const images = defineTable<ImageRecord>('images')
export const containers = defineTable<ContainerRecord>('containers')
export const sandboxes = defineTable<SandboxRecord>('sandboxes')
/** namespace, digest */
export const blobs = defineTable<BlobRecord>('blobs')
/** namespace, ref */
export const ingests = defineTable<IngestRecord>('ingests')
/** namespace, snapshotter, key */
export const snapshots = defineTable<SnapshotRecord>('snapshots')
/** namespace, snapshotter, parent, child */
export const snapshotChildren = defineTable<true>('snapshot-children')
/** namespace, snapshotter: backend names up to this number may have been given; outlives the namespace */
export const snapshotNumbers = defineTable<number>('snapshot-numbers')
/** snapshotter, backend name, namespace, key: whose record a snapshot of the backend has */
export const snapshotOwners = defineTable<true>('snapshot-owners')
export const leases = defineTable<LeaseRecord>('leases')
/** namespace, lease, kind, snapshotter or empty, id: sorts as lists of resources do */
export const leaseResources = defineTable<true>('lease-resources')

/** Everything that lies under a namespace and goes with it. */
export const namespacedTables = [
  namespaces,
  images,
  containers,
  sandboxes,
  blobs,
  ingests,
  snapshots,
  snapshotChildren,
  leases,
  leaseResources,
] as const
