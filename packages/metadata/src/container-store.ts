// SPDX-License-Identifier: Apache-2.0
import {
  checkIdentifier,
  checkLabels,
  keyOfPath,
  storedLabels,
  withKey,
  type CallOptions,
  type Container,
  type ContainerStore,
  type FieldPaths,
  type Filter,
  type Namespace,
  type NewContainer,
} from '@containerd-ts/core'
import { AlreadyExistsError, describe, InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { checkExtensions, withExtension } from './extensions.ts'
import { containerFields } from './fields.ts'
import { toNode } from './gc/node.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { listed } from './record-pages.ts'
import { containers, type ContainerRecord } from './tables.ts'

const toContainer = (id: string, record: ContainerRecord): Container => ({ id, ...record })
const defaultPaths: FieldPaths = ['labels', 'spec', 'extensions', 'image', 'snapshotkey']

/** Containers of one namespace. */
export class LmdbContainerStore implements ContainerStore {
  readonly #state: MetadataState
  readonly #namespace: Namespace

  constructor(state: MetadataState, namespace: Namespace) {
    this.#state = state
    this.#namespace = namespace
  }

  async get(id: string, options: CallOptions = {}): Promise<Container> {
    options.signal?.throwIfAborted()
    const record = this.#state.read((tx) => tx.get(containers, [this.#namespace, id]))
    if (record === undefined) throw notFound(id, this.#namespace)
    return toContainer(id, record)
  }

  list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<Container> {
    return listed(this.#state.database, containers, [this.#namespace], toContainer, containerFields, filters, options)
  }

  async create(container: NewContainer, options: CallOptions = {}): Promise<Container> {
    const { id } = container
    const now = this.#state.now()
    const record: ContainerRecord = {
      image: container.image ?? '',
      labels: storedLabels(container.labels),
      runtime: container.runtime,
      spec: container.spec,
      snapshotter: container.snapshotter ?? '',
      snapshotKey: container.snapshotKey ?? '',
      sandboxId: container.sandboxId ?? '',
      extensions: container.extensions ?? {},
      createdAt: now,
      updatedAt: now,
    }
    checkContainer(toContainer(id, { ...record, labels: container.labels ?? {} }))
    await this.#state.write((tx) => {
      if (tx.has(containers, [this.#namespace, id])) throw AlreadyExistsError.of('container', `"${id}"`)
      ensureNamespace(tx, this.#namespace)
      tx.put(containers, [this.#namespace, id], record)
      this.#state.journal.note(toNode('container', this.#namespace, id))
    }, options)
    const { image, runtime } = record
    await this.#state.publish(this.#namespace, { topic: '/containers/create', id, image, runtime })
    return toContainer(id, record)
  }

  async update(container: NewContainer, paths?: FieldPaths, options: CallOptions = {}): Promise<Container> {
    const { id } = container
    if (id === '') throw new InvalidArgumentError('Container.ID required')
    const record = await this.#state.write((tx) => {
      const current = tx.get(containers, [this.#namespace, id])
      if (current === undefined) throw notFound(id, this.#namespace)
      const updated: ContainerRecord = { ...changed(current, container, paths), updatedAt: this.#state.now() }
      checkContainer(toContainer(id, updated))
      tx.put(containers, [this.#namespace, id], updated)
      this.#state.journal.note(toNode('container', this.#namespace, id))
      return updated
    }, options)
    const { image, labels, snapshotKey } = record
    await this.#state.publish(this.#namespace, { topic: '/containers/update', id, image, labels, snapshotKey })
    return toContainer(id, record)
  }

  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#state.write(
      (tx) => {
        if (!tx.delete(containers, [this.#namespace, id])) throw notFound(id, this.#namespace)
      },
      { ...options, deletes: true },
    )
    await this.#state.publish(this.#namespace, { topic: '/containers/delete', id })
  }
}

const notFound = (id: string, namespace: Namespace): NotFoundError =>
  new NotFoundError(`container "${id}" in namespace "${namespace}": not found`)

function checkContainer({ id, extensions, labels, runtime, snapshotKey, snapshotter }: Container): void {
  try {
    checkIdentifier(id)
  } catch (cause) {
    throw new InvalidArgumentError(`container.ID: ${describe(cause)}`, { cause })
  }
  checkExtensions(extensions, 'container')
  checkLabels(labels)
  if (runtime.name === '') throw new InvalidArgumentError('container.Runtime.Name must be set')
  if (snapshotKey !== '' && snapshotter === '') {
    throw new InvalidArgumentError('container.Snapshotter must be set if container.SnapshotKey is set')
  }
}

function changed(current: ContainerRecord, given: NewContainer, paths: FieldPaths | undefined): ContainerRecord {
  const whole = paths === undefined || paths.length === 0
  if (whole && (given.snapshotter ?? '') !== current.snapshotter) {
    throw new InvalidArgumentError('container.Snapshotter field is immutable')
  }
  if (whole && given.runtime.name !== current.runtime.name) {
    throw new InvalidArgumentError('container.Runtime.Name field is immutable')
  }
  return (whole ? defaultPaths : paths).reduce((record, path): ContainerRecord => {
    const label = keyOfPath(path, 'labels')
    if (label !== undefined) return { ...record, labels: withKey(record.labels, given.labels, label) }
    const extension = keyOfPath(path, 'extensions')
    if (extension !== undefined) {
      return { ...record, extensions: withExtension(record.extensions, given.extensions, extension) }
    }
    switch (path) {
      case 'labels':
        return { ...record, labels: storedLabels(given.labels) }
      case 'spec':
        return { ...record, spec: given.spec }
      case 'extensions':
        return { ...record, extensions: { ...record.extensions, ...given.extensions } }
      case 'image':
        return { ...record, image: given.image ?? '' }
      case 'snapshotkey':
        return { ...record, snapshotKey: given.snapshotKey ?? '' }
      default:
        throw new InvalidArgumentError(`cannot update "${path}" field on container "${given.id}"`)
    }
  }, current)
}
