// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Namespace, SnapshotBackend } from '@containerd-ts/core'
import type { WriteTransaction } from '@containerd-ts/store'
import { leasedSnapshot, type LeaseMembership } from './lease-membership.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { snapshotChildren, snapshotOwners, snapshots, type SnapshotRecord } from './tables.ts'

/** One snapshotter in one namespace. */
export interface SnapshotterScope {
  readonly state: MetadataState
  readonly namespace: Namespace
  readonly leases: LeaseMembership
  readonly name: string
  readonly backend: SnapshotBackend
}

/** Held by who records or removes a snapshot of the backend that is no longer in the making. */
export const backendLockKey = (snapshotter: string, backendName: string): string =>
  `backend\0${snapshotter}\0${backendName}`

/**
 * Whether a snapshot is there. If so it joins the caller's lease: who is told that it exists relies on it as if they had
 * made it.
 * @throws {NotFoundError} the lease does not exist
 */
export async function leaseExisting(
  { state, namespace, leases, name: snapshotter }: SnapshotterScope,
  key: string,
  options: CallOptions,
): Promise<boolean> {
  const id = [namespace, snapshotter, key]
  if (!state.read((tx) => tx.has(snapshots, id))) return false
  if (options.lease === undefined || options.lease === '') return true
  return await state.write((tx) => {
    const exists = tx.has(snapshots, id)
    if (exists) leases.add(tx, options.lease, leasedSnapshot(snapshotter, key))
    return exists
  }, options)
}

/** Stores a snapshot's record and ties it to its parent and its backend name. */
export function putSnapshot(
  tx: WriteTransaction,
  namespace: Namespace,
  snapshotter: string,
  key: string,
  record: SnapshotRecord,
): void {
  ensureNamespace(tx, namespace)
  tx.put(snapshots, [namespace, snapshotter, key], record)
  tx.put(snapshotOwners, [snapshotter, record.backendName, namespace, key], true)
  if (record.parent !== undefined) tx.put(snapshotChildren, [namespace, snapshotter, record.parent, key], true)
}

/** Deletes a snapshot's record with all its ties. */
export function deleteSnapshot(
  tx: WriteTransaction,
  namespace: string,
  snapshotter: string,
  key: string,
  { backendName, parent }: SnapshotRecord,
): void {
  tx.delete(snapshots, [namespace, snapshotter, key])
  tx.delete(snapshotOwners, [snapshotter, backendName, namespace, key])
  if (parent !== undefined) tx.delete(snapshotChildren, [namespace, snapshotter, parent, key])
}
