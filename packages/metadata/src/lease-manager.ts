// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import {
  storedLabels,
  type CallOptions,
  type Filter,
  type Lease,
  type LeaseDeleteOptions,
  type LeaseManager,
  type LeaseResource,
  type Namespace,
  type NewLease,
} from '@containerd-ts/core'
import { AlreadyExistsError, NotFoundError } from '@containerd-ts/errdefs'
import type { ReadTransaction } from '@containerd-ts/store'
import { leaseFields } from './fields.ts'
import { toNode } from './gc/node.ts'
import { parseResource, resourcesOf, toLeaseResource, type LeaseMembership } from './lease-membership.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { listed } from './record-pages.ts'
import { leaseResources, leases, type LeaseRecord } from './tables.ts'

const toLease = (id: string, { createdAt, labels }: LeaseRecord): Lease => ({ id, createdAt, labels })

/** Leases of one namespace. Neither ids nor labels are checked, and no events are emitted. */
export class LmdbLeaseManager implements LeaseManager {
  readonly #state: MetadataState
  readonly #namespace: Namespace
  readonly #membership: LeaseMembership

  constructor(state: MetadataState, namespace: Namespace, membership: LeaseMembership) {
    this.#state = state
    this.#namespace = namespace
    this.#membership = membership
  }

  async create(lease: NewLease, options: CallOptions = {}): Promise<Lease> {
    const id = lease.id === undefined || lease.id === '' ? generateId() : lease.id
    const record = await this.#state.write((tx) => {
      if (tx.has(leases, [this.#namespace, id])) throw AlreadyExistsError.of('lease', `"${id}"`)
      const created: LeaseRecord = { createdAt: this.#state.now(), labels: storedLabels(lease.labels) }
      ensureNamespace(tx, this.#namespace)
      tx.put(leases, [this.#namespace, id], created)
      this.#state.journal.note(toNode('lease', this.#namespace, id))
      return created
    }, options)
    return toLease(id, record)
  }

  async delete(id: string, options: LeaseDeleteOptions = {}): Promise<void> {
    await this.#state.write(
      (tx) => {
        if (!tx.delete(leases, [this.#namespace, id])) throw NotFoundError.of('lease', `"${id}"`)
        tx.deleteAll(leaseResources, [this.#namespace, id])
      },
      { ...options, deletes: true },
    )
    if (options.synchronous === true) await this.#state.collectNow(options)
  }

  list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<Lease> {
    return listed(this.#state.database, leases, [this.#namespace], toLease, leaseFields, filters, options)
  }

  async addResource(leaseId: string, resource: LeaseResource, options: CallOptions = {}): Promise<void> {
    await this.#state.write((tx) => {
      this.#check(tx, leaseId)
      this.#membership.add(tx, leaseId, parseResource(resource))
    }, options)
  }

  async deleteResource(leaseId: string, resource: LeaseResource, options: CallOptions = {}): Promise<void> {
    await this.#state.write(
      (tx) => {
        this.#check(tx, leaseId)
        this.#membership.remove(tx, leaseId, parseResource(resource))
      },
      { ...options, deletes: true },
    )
  }

  async *resources(leaseId: string, options: CallOptions = {}): AsyncIterable<LeaseResource> {
    options.signal?.throwIfAborted()
    yield* this.#state.read((tx) => {
      this.#check(tx, leaseId)
      return [...resourcesOf(tx, this.#namespace, leaseId)].map(toLeaseResource)
    })
  }

  #check(tx: ReadTransaction, id: string): void {
    if (!tx.has(leases, [this.#namespace, id])) throw NotFoundError.of('lease', `"${id}"`)
  }
}

/** Nanosecond of the second and three random bytes: unique enough, short to type. */
const generateId = (): string => `${process.hrtime.bigint() % 1_000_000_000n}-${randomBytes(3).toString('base64url')}`
