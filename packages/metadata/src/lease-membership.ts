// SPDX-License-Identifier: Apache-2.0
import { parseDigest, type LeaseResource, type Namespace } from '@containerd-ts/core'
import { InvalidArgumentError, NotFoundError, UnimplementedError } from '@containerd-ts/errdefs'
import type { Key, ReadTransaction, WriteTransaction } from '@containerd-ts/store'
import type { MutationJournal } from './gc/mutation-journal.ts'
import { toNode, toSnapshotNode, type GcNode } from './gc/node.ts'
import { leaseResources, leases, type LeasedKind } from './tables.ts'

/** A resource as a lease's records name it. */
export interface LeasedResource {
  readonly kind: LeasedKind
  /** Empty for everything but snapshots. */
  readonly snapshotter: string
  readonly id: string
}

export const leased = (kind: Exclude<LeasedKind, 'snapshots'>, id: string): LeasedResource => ({
  kind,
  snapshotter: '',
  id,
})
export const leasedSnapshot = (snapshotter: string, id: string): LeasedResource => ({
  kind: 'snapshots',
  snapshotter,
  id,
})

/**
 * Takes a resource's type apart.
 * @throws {InvalidArgumentError} wrong number of segments, or no digest @throws {UnimplementedError} unknown type
 */
export function parseResource({ type, id }: LeaseResource): LeasedResource {
  const [kind = '', snapshotter, ...more] = type.split('/')
  if (kind === 'snapshots') {
    if (snapshotter === undefined || snapshotter === '' || more.length > 0) {
      throw new InvalidArgumentError(`invalid snapshot resource type ${type}`)
    }
    return leasedSnapshot(snapshotter, id)
  }
  if (kind !== 'content' && kind !== 'ingests' && kind !== 'images') {
    throw new UnimplementedError(`resource type ${type} not supported yet`)
  }
  if (snapshotter !== undefined) throw new InvalidArgumentError(`invalid ${kind} resource type ${type}`)
  return leased(kind, kind === 'content' ? parseDigest(id) : id)
}

export const toLeaseResource = ({ kind, snapshotter, id }: LeasedResource): LeaseResource => ({
  type: kind === 'snapshots' ? `${kind}/${snapshotter}` : kind,
  id,
})

export const nodeOfResource = (namespace: string, { kind, snapshotter, id }: LeasedResource): GcNode => {
  if (kind === 'snapshots') return toSnapshotNode(namespace, snapshotter, id)
  return toNode(kind === 'content' ? 'content' : kind === 'images' ? 'image' : 'ingest', namespace, id)
}

/** What a lease holds: content, images, ingests, snapshots. */
export function* resourcesOf(tx: ReadTransaction, namespace: string, lease: string): Iterable<LeasedResource> {
  for (const [kind, snapshotter, id] of tx.keys(leaseResources, [namespace, lease])) {
    yield { kind: kind as LeasedKind, snapshotter: snapshotter as string, id: id as string }
  }
}

/** Membership in the lease that a call names; without one nothing happens. */
export class LeaseMembership {
  readonly #journal: MutationJournal
  readonly #namespace: Namespace

  constructor(journal: MutationJournal, namespace: Namespace) {
    this.#journal = journal
    this.#namespace = namespace
  }

  /** @throws {NotFoundError} the lease does not exist */
  add(tx: WriteTransaction, lease: string | undefined, resource: LeasedResource): void {
    if (lease === undefined || lease === '') return
    if (!tx.has(leases, [this.#namespace, lease])) throw new NotFoundError(`lease does not exist`)
    tx.put(leaseResources, this.#key(lease, resource), true)
    this.#journal.note(nodeOfResource(this.#namespace, resource))
  }

  remove(tx: WriteTransaction, lease: string | undefined, resource: LeasedResource): void {
    if (lease === undefined || lease === '') return
    tx.delete(leaseResources, this.#key(lease, resource))
  }

  #key(lease: string, { kind, snapshotter, id }: LeasedResource): Key {
    return [this.#namespace, lease, kind, snapshotter, id]
  }
}
