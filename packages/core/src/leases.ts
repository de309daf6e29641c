// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Filter } from './filter.ts'
import type { Labels } from './labels.ts'

/** Keeps its resources from garbage collection while it exists and has not expired. */
export interface Lease {
  readonly id: string
  readonly createdAt: Date
  readonly labels: Labels
}

/** `type` is `content`, `ingests`, `images` or `snapshots/<snapshotter>`. */
export interface LeaseResource {
  readonly type: string
  readonly id: string
}

export interface NewLease {
  /** Generated when absent or empty. */
  readonly id?: string | undefined
  readonly labels?: Labels | undefined
}

export interface LeaseDeleteOptions extends CallOptions {
  /** Wait until garbage collection has freed what the lease held. */
  readonly synchronous?: boolean | undefined
}

/** Leases of one namespace. */
export interface LeaseManager {
  /** @throws {AlreadyExistsError} */
  create(lease: NewLease, options?: CallOptions): Promise<Lease>
  /** @throws {NotFoundError} */
  delete(id: string, options?: LeaseDeleteOptions): Promise<void>
  list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<Lease>
  /** @throws {NotFoundError} no such lease @throws {UnimplementedError} unknown type @throws {InvalidArgumentError} */
  addResource(leaseId: string, resource: LeaseResource, options?: CallOptions): Promise<void>
  /** Absent resources are no error. @throws {NotFoundError} no such lease */
  deleteResource(leaseId: string, resource: LeaseResource, options?: CallOptions): Promise<void>
  /** Content, images, ingests, snapshots, in this order. @throws {NotFoundError} no such lease */
  resources(leaseId: string, options?: CallOptions): AsyncIterable<LeaseResource>
}
