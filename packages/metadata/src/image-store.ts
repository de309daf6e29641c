// SPDX-License-Identifier: Apache-2.0
import {
  checkLabels,
  keyOfPath,
  LabelKey,
  parseDigest,
  storedLabels,
  withKey,
  type CallOptions,
  type FieldPaths,
  type Filter,
  type Image,
  type ImageDeleteOptions,
  type ImageStore,
  type Namespace,
  type NewImage,
} from '@containerd-ts/core'
import { AlreadyExistsError, describe, InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { imageFields } from './fields.ts'
import { toNode } from './gc/node.ts'
import { leased, type LeaseMembership } from './lease-membership.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { listed } from './record-pages.ts'
import { images, type ImageRecord } from './tables.ts'

const toImage = (name: string, record: ImageRecord): Image => ({ name, ...record })

/** Images of one namespace. */
export class LmdbImageStore implements ImageStore {
  readonly #state: MetadataState
  readonly #namespace: Namespace
  readonly #leases: LeaseMembership

  constructor(state: MetadataState, namespace: Namespace, leases: LeaseMembership) {
    this.#state = state
    this.#namespace = namespace
    this.#leases = leases
  }

  async get(name: string, options: CallOptions = {}): Promise<Image> {
    options.signal?.throwIfAborted()
    const record = this.#state.read((tx) => tx.get(images, [this.#namespace, name]))
    if (record === undefined) throw NotFoundError.of('image', `"${name}"`)
    return toImage(name, record)
  }

  list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<Image> {
    return listed(this.#state.database, images, [this.#namespace], toImage, imageFields, filters, options)
  }

  /** An image joins the caller's lease only if it expires: any other one is a root anyway. */
  async create(image: NewImage, options: CallOptions = {}): Promise<Image> {
    const { name, target } = image
    checkImage(image)
    const labels = storedLabels(image.labels)
    const record = await this.#state.write((tx) => {
      if (tx.has(images, [this.#namespace, name])) throw AlreadyExistsError.of('image', `"${name}"`)
      const now = image.createdAt ?? this.#state.now()
      const created: ImageRecord = { target, labels, createdAt: now, updatedAt: now }
      ensureNamespace(tx, this.#namespace)
      tx.put(images, [this.#namespace, name], created)
      this.#state.journal.note(toNode('image', this.#namespace, name))
      if (LabelKey.gcExpire in labels) this.#leases.add(tx, options.lease, leased('images', name))
      return created
    }, options)
    await this.#state.publish(this.#namespace, { topic: '/images/create', name, labels })
    return toImage(name, record)
  }

  /** As with `create`, an image that expires joins the caller's lease. */
  async update(image: NewImage, paths?: FieldPaths, options: CallOptions = {}): Promise<Image> {
    const { name } = image
    if (name === '') throw new InvalidArgumentError('image name is required for update')
    const updated = await this.#state.write((tx) => {
      const current = tx.get(images, [this.#namespace, name])
      if (current === undefined) throw NotFoundError.of('image', `"${name}"`)
      const record: ImageRecord = {
        ...changed(current, image, paths),
        updatedAt: image.createdAt ?? this.#state.now(),
      }
      checkImage({ name, target: record.target, labels: record.labels })
      tx.put(images, [this.#namespace, name], record)
      this.#state.journal.note(toNode('image', this.#namespace, name))
      if (LabelKey.gcExpire in record.labels) this.#leases.add(tx, options.lease, leased('images', name))
      return record
    }, options)
    await this.#state.publish(this.#namespace, { topic: '/images/update', name, labels: updated.labels })
    return toImage(name, updated)
  }

  async delete(name: string, options: ImageDeleteOptions = {}): Promise<void> {
    await this.#state.write(
      (tx) => {
        const current = tx.get(images, [this.#namespace, name])
        if (current === undefined) throw NotFoundError.of('image', `"${name}"`)
        if (options.target !== undefined && options.target !== current.target.digest) {
          throw new NotFoundError(
            `image "${name}" has target ${current.target.digest}, not ${options.target}: not found`,
          )
        }
        tx.delete(images, [this.#namespace, name])
        this.#leases.remove(tx, options.lease, leased('images', name))
      },
      { ...options, deletes: true },
    )
    await this.#state.publish(this.#namespace, { topic: '/images/delete', name })
    if (options.synchronous === true) await this.#state.collectNow(options)
  }
}

function checkImage({ name, target, labels }: NewImage): void {
  if (name === '') throw new InvalidArgumentError('image name must not be empty')
  checkLabels(labels ?? {})
  try {
    parseDigest(target.digest)
  } catch (cause) {
    throw new InvalidArgumentError(`Target.Digest "${target.digest}" invalid: ${describe(cause)}`, { cause })
  }
  if (target.sizeBytes <= 0) throw new InvalidArgumentError('Target.Size must be greater than zero')
  if (target.mediaType === '') throw new InvalidArgumentError('Target.MediaType must be set')
}

function changed(current: ImageRecord, given: NewImage, paths: FieldPaths | undefined): ImageRecord {
  if (paths === undefined || paths.length === 0) {
    return { ...current, target: given.target, labels: storedLabels(given.labels) }
  }
  return paths.reduce((record, path): ImageRecord => {
    const label = keyOfPath(path, 'labels')
    if (label !== undefined) return { ...record, labels: withKey(record.labels, given.labels, label) }
    const { target } = record
    const annotation = keyOfPath(path, 'annotations')
    if (annotation !== undefined) {
      const annotations = withKey(target.annotations ?? {}, given.target.annotations, annotation)
      return { ...record, target: { ...target, annotations } }
    }
    if (path === 'labels') return { ...record, labels: storedLabels(given.labels) }
    if (path === 'target') return { ...record, target: given.target }
    if (path === 'annotations') return { ...record, target: { ...target, annotations: given.target.annotations } }
    throw new InvalidArgumentError(`cannot update "${path}" field on image "${given.name}"`)
  }, current)
}
