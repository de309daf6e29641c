// SPDX-License-Identifier: Apache-2.0
import type { DomainEvent, Namespace } from '@containerd-ts/core'
import type { WriteTransaction } from '@containerd-ts/store'
import { deleteSnapshot } from '../snapshot-records.ts'
import { blobs, images, ingests, leaseResources, leases, snapshotChildren, snapshots } from '../tables.ts'
import type { GcNode } from './node.ts'
import type { PendingCleanup } from './pending-cleanup.ts'

export interface SweptEvent {
  readonly namespace: Namespace
  readonly event: DomainEvent
}

/** What became of a dead node: an event to publish, gone without one, or left alone. */
export type SweepResult = SweptEvent | 'removed' | 'kept'

/** Removes the record of a dead node and notes what the backends hold of it. */
export function sweepNode(tx: WriteTransaction, node: GcNode, pending: PendingCleanup): SweepResult {
  const { kind, key, snapshotter = '' } = node
  const namespace = node.namespace as Namespace
  switch (kind) {
    case 'lease':
      tx.deleteAll(leaseResources, [namespace, key])
      return tx.delete(leases, [namespace, key]) ? 'removed' : 'kept'
    case 'snapshot': {
      const record = tx.get(snapshots, [namespace, snapshotter, key])
      if (record === undefined || tx.any(snapshotChildren, [namespace, snapshotter, key])) return 'kept'
      deleteSnapshot(tx, namespace, snapshotter, key, record)
      pending.snapshot(snapshotter, record.backendName)
      return { namespace, event: { topic: '/snapshot/remove', snapshotter, key } }
    }
    case 'ingest': {
      const record = tx.get(ingests, [namespace, key])
      if (record?.backendRef !== undefined) pending.ingest(record.backendRef)
      if (record?.expected !== undefined) pending.blob(record.expected)
      return tx.delete(ingests, [namespace, key]) ? 'removed' : 'kept'
    }
    case 'content':
      pending.blob(key as Parameters<PendingCleanup['blob']>[0])
      return tx.delete(blobs, [namespace, key]) ? 'removed' : 'kept'
    case 'image':
      return tx.delete(images, [namespace, key]) ? { namespace, event: { topic: '/images/delete', name: key } } : 'kept'
    case 'container':
    case 'sandbox':
    case 'stream':
    case 'mount':
      return 'kept'
  }
}
