// SPDX-License-Identifier: Apache-2.0
import {
  checkLabels,
  keyOfPath,
  parseNamespace,
  storedLabels,
  withKey,
  type CallOptions,
  type FieldPaths,
  type Labels,
  type Namespace,
  type NamespaceInfo,
  type NamespaceStore,
} from '@containerd-ts/core'
import {
  AlreadyExistsError,
  describe,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  UnknownError,
} from '@containerd-ts/errdefs'
import type { ReadTransaction } from '@containerd-ts/store'
import { refuseSchemaKey, type MetadataState } from './metadata-state.ts'
import { pages } from './record-pages.ts'
import { blobs, containers, images, ingests, namespacedTables, namespaces, snapshots } from './tables.ts'

/** Namespaces as records; those that came into being by a write have no labels. */
export class LmdbNamespaceStore implements NamespaceStore {
  readonly #state: MetadataState

  constructor(state: MetadataState) {
    this.#state = state
  }

  async labels(name: Namespace, options: CallOptions = {}): Promise<Labels> {
    options.signal?.throwIfAborted()
    return this.#state.read((tx) => tx.get(namespaces, [name])?.labels ?? {})
  }

  async *list(options: CallOptions = {}): AsyncIterable<NamespaceInfo> {
    for await (const page of pages(this.#state.database, namespaces, [], options)) {
      for (const { key, value } of page) yield { name: key[0] as Namespace, labels: value.labels }
    }
  }

  async create(name: Namespace, labels: Labels = {}, options: CallOptions = {}): Promise<void> {
    refuseSchemaKey(parseNamespace(name))
    checkLabels(labels)
    await this.#state.write((tx) => {
      if (tx.has(namespaces, [name])) throw AlreadyExistsError.of('namespace', `"${name}"`)
      tx.put(namespaces, [name], { labels: storedLabels(labels) })
    }, options)
    await this.#state.publish(name, { topic: '/namespaces/create', name, labels })
  }

  /** The event tells of the labels given, not of those that are then stored. */
  async update(name: Namespace, labels: Labels, paths?: FieldPaths, options: CallOptions = {}): Promise<void> {
    refuseSchemaKey(parseNamespace(name))
    await this.#state.write((tx) => {
      const updated = namespaceLabels(tx.get(namespaces, [name])?.labels ?? {}, labels, paths)
      tx.put(namespaces, [name], { labels: updated })
    }, options)
    await this.#state.publish(name, { topic: '/namespaces/update', name, labels })
  }

  async delete(name: Namespace, options: CallOptions = {}): Promise<void> {
    const { pending } = this.#state
    await this.#state.write((tx) => {
      if (!tx.has(namespaces, [name])) throw NotFoundError.of('namespace', `"${name}"`)
      const left = contentsOf(tx, name)
      if (left.length > 0) {
        throw new FailedPreconditionError(`namespace "${name}" must be empty, but it still has ${left.join(', ')}`)
      }
      for (const { value } of tx.entries(ingests, [name])) {
        if (value.backendRef !== undefined) pending.ingest(value.backendRef)
      }
      for (const table of namespacedTables) tx.deleteAll(table, [name])
    }, options)
    await this.#state.publish(name, { topic: '/namespaces/delete', name })
  }
}

/** @throws {UnknownError} a label to be set is too large @throws {InvalidArgumentError} a path that names no label */
function namespaceLabels(current: Labels, given: Labels, paths: FieldPaths | undefined): Labels {
  if (paths === undefined || paths.length === 0) {
    checkUpdate(given)
    return storedLabels(given)
  }
  return paths.reduce((labels, path) => {
    const key = keyOfPath(path, 'labels')
    if (key === undefined) throw new InvalidArgumentError(`cannot update "${path}" field on namespace`)
    checkUpdate({ [key]: Object.hasOwn(given, key) ? (given[key] ?? '') : '' })
    return withKey(labels, given, key)
  }, current)
}

/** Where a create says InvalidArgument, the original leaves the class out of an update. */
function checkUpdate(labels: Labels): void {
  try {
    checkLabels(labels)
  } catch (cause) {
    throw new UnknownError(`namespace.Labels: ${describe(cause)}`, { cause })
  }
}

/** What keeps a namespace from being deleted. Leases, ingests and sandboxes do not. */
function contentsOf(tx: ReadTransaction, name: Namespace): string[] {
  const left = [
    ...(tx.any(images, [name]) ? ['images'] : []),
    ...(tx.any(blobs, [name]) ? ['blobs'] : []),
    ...(tx.any(containers, [name]) ? ['containers'] : []),
  ]
  let last = ''
  for (const [snapshotter] of tx.keys(snapshots, [name])) {
    if (snapshotter !== last) left.push(`snapshots on "${(last = snapshotter as string)}" snapshotter`)
  }
  return left
}
