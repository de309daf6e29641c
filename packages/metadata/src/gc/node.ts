// SPDX-License-Identifier: Apache-2.0
/** Kinds of nodes. Sandboxes only point; streams and mounts belong to collectors outside the metadata. */
export type NodeKind =
  | 'content'
  | 'snapshot'
  | 'container'
  | 'image'
  | 'lease'
  | 'ingest'
  | 'sandbox'
  | 'stream'
  | 'mount'

/** Something that garbage collection may reach. References never leave the namespace. */
export interface GcNode {
  readonly kind: NodeKind
  readonly namespace: string
  /** Digest, name, id or ref; of a snapshot the key. */
  readonly key: string
  /** Only of snapshots. */
  readonly snapshotter?: string | undefined
}

/** One string per node, for sets and maps. */
export const nodeId = ({ kind, namespace, key, snapshotter }: GcNode): string =>
  snapshotter === undefined ? `${kind}\0${namespace}\0${key}` : `${kind}\0${namespace}\0${snapshotter}\0${key}`

/** A reference to a node; a flat one keeps it without what its labels point to. */
export interface GcReference {
  readonly node: GcNode
  readonly flat: boolean
}

export const toNode = (kind: NodeKind, namespace: string, key: string): GcNode => ({ kind, namespace, key })
export const toSnapshotNode = (namespace: string, snapshotter: string, key: string): GcNode => ({
  kind: 'snapshot',
  namespace,
  snapshotter,
  key,
})
