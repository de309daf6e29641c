// SPDX-License-Identifier: Apache-2.0
import { LabelKey, type Labels } from '@containerd-ts/core'
import type { ReadTransaction } from '@containerd-ts/store'
import { blobs, containers, images, ingests, leases, sandboxes, snapshots } from '../tables.ts'
import { toNode, toSnapshotNode, type GcNode } from './node.ts'
import { readLabels } from './reference-labels.ts'
import { parseTimestamp } from './timestamp.ts'

/** One record as the collector sees it. */
export interface GraphRecord {
  readonly node: GcNode
  readonly isRoot: boolean
  /** Whether it disappears when nothing reaches it; containers and sandboxes never do. */
  readonly isSweepable: boolean
  /** Nodes that keep this one alive. */
  readonly backReferences: readonly GcNode[]
}

/** Told of expiries that cannot be read; the object then does not expire. */
export type OnUnreadableExpiry = (node: GcNode, value: string) => void

/** Whether a lease or image has run out. */
function isExpired(node: GcNode, labels: Labels, now: Date, onUnreadable: OnUnreadableExpiry): boolean {
  const text = labels[LabelKey.gcExpire]
  if (text === undefined) return false
  const expiry = parseTimestamp(text)
  if (expiry === undefined) onUnreadable(node, text)
  return expiry !== undefined && expiry < now.getTime()
}

/** Every node that the metadata holds, table by table in order of keys. */
export function* graphRecords(tx: ReadTransaction, now: Date, onUnreadable: OnUnreadableExpiry): Iterable<GraphRecord> {
  for (const { key, value } of tx.entries(leases)) {
    const node = toNode('lease', ...(key as [string, string]))
    yield { node, isRoot: !isExpired(node, value.labels, now, onUnreadable), isSweepable: true, backReferences: [] }
  }
  for (const { key, value } of tx.entries(snapshots)) {
    const node = toSnapshotNode(...(key as [string, string, string]))
    yield { node, isSweepable: true, ...readLabels(value.labels, node.namespace) }
  }
  for (const { key, value } of tx.entries(ingests)) {
    const isRoot = value.expireAt !== undefined && value.expireAt > now
    yield { node: toNode('ingest', ...(key as [string, string])), isRoot, isSweepable: true, backReferences: [] }
  }
  for (const { key, value } of tx.entries(blobs)) {
    const node = toNode('content', ...(key as [string, string]))
    yield { node, isSweepable: true, ...readLabels(value.labels, node.namespace) }
  }
  for (const { key, value } of tx.entries(images)) {
    const node = toNode('image', ...(key as [string, string]))
    const { backReferences } = readLabels(value.labels, node.namespace)
    yield { node, isRoot: !isExpired(node, value.labels, now, onUnreadable), isSweepable: true, backReferences }
  }
  for (const key of tx.keys(containers)) {
    yield {
      node: toNode('container', ...(key as [string, string])),
      isRoot: true,
      isSweepable: false,
      backReferences: [],
    }
  }
  for (const key of tx.keys(sandboxes)) {
    yield {
      node: toNode('sandbox', ...(key as [string, string])),
      isRoot: true,
      isSweepable: false,
      backReferences: [],
    }
  }
}
