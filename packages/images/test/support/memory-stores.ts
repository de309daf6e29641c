// SPDX-License-Identifier: Apache-2.0
import type {
  CallOptions,
  FieldPaths,
  Image,
  ImageStore,
  Lease,
  LeaseManager,
  LeaseResource,
  NewImage,
  NewLease,
} from '@containerd-ts/core'
import { AlreadyExistsError, NotFoundError } from '@containerd-ts/errdefs'
import { updatedLabels } from './memory-content.ts'

export class MemoryImages implements ImageStore {
  readonly records = new Map<string, Image>()

  async get(name: string): Promise<Image> {
    const image = this.records.get(name)
    if (image === undefined) throw NotFoundError.of('image', name)
    return image
  }

  async *list(): AsyncIterable<Image> {
    yield* [...this.records.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  async create(image: NewImage): Promise<Image> {
    if (this.records.has(image.name)) throw AlreadyExistsError.of('image', image.name)
    const now = image.createdAt ?? new Date()
    const record = {
      name: image.name,
      target: image.target,
      labels: image.labels ?? {},
      createdAt: now,
      updatedAt: now,
    }
    this.records.set(image.name, record)
    return record
  }

  async update(image: NewImage, paths: FieldPaths = []): Promise<Image> {
    const old = await this.get(image.name)
    const record = { ...old, target: image.target, labels: updatedLabels(old.labels, image.labels ?? {}, paths) }
    this.records.set(image.name, record)
    return record
  }

  async delete(name: string): Promise<void> {
    if (!this.records.delete(name)) throw NotFoundError.of('image', name)
  }
}

export class MemoryLeases implements LeaseManager {
  readonly live = new Map<string, Lease>()
  readonly seen: Lease[] = []

  async create({ id = `lease-${this.seen.length}`, labels = {} }: NewLease): Promise<Lease> {
    const lease = { id, labels, createdAt: new Date() }
    this.live.set(id, lease)
    this.seen.push(lease)
    return lease
  }

  async delete(id: string): Promise<void> {
    if (!this.live.delete(id)) throw NotFoundError.of('lease', id)
  }

  async *list(): AsyncIterable<Lease> {
    yield* this.live.values()
  }

  async addResource(_leaseId: string, _resource: LeaseResource, _options?: CallOptions): Promise<void> {}
  async deleteResource(_leaseId: string, _resource: LeaseResource, _options?: CallOptions): Promise<void> {}
  async *resources(_leaseId: string): AsyncIterable<LeaseResource> {}
}
