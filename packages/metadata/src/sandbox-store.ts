// SPDX-License-Identifier: Apache-2.0
import {
  checkIdentifier,
  keyOfPath,
  storedLabels,
  withKey,
  type CallOptions,
  type FieldPaths,
  type Filter,
  type Namespace,
  type NewSandbox,
  type Sandbox,
  type SandboxStore,
} from '@containerd-ts/core'
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { withExtension } from './extensions.ts'
import { sandboxFields } from './fields.ts'
import { toNode } from './gc/node.ts'
import { ensureNamespace, type MetadataState } from './metadata-state.ts'
import { listed } from './record-pages.ts'
import { sandboxes, type SandboxRecord } from './tables.ts'

const toSandbox = (id: string, record: SandboxRecord): Sandbox => ({ id, ...record })
const defaultPaths: FieldPaths = ['labels', 'extensions', 'spec', 'runtime']

/** Sandbox records of one namespace. They emit no events and leave labels unchecked. */
export class LmdbSandboxStore implements SandboxStore {
  readonly #state: MetadataState
  readonly #namespace: Namespace

  constructor(state: MetadataState, namespace: Namespace) {
    this.#state = state
    this.#namespace = namespace
  }

  async get(id: string, options: CallOptions = {}): Promise<Sandbox> {
    options.signal?.throwIfAborted()
    const record = this.#state.read((tx) => tx.get(sandboxes, [this.#namespace, id]))
    if (record === undefined) throw NotFoundError.of('sandbox', `"${id}"`)
    return toSandbox(id, record)
  }

  list(filters?: readonly Filter[], options: CallOptions = {}): AsyncIterable<Sandbox> {
    return listed(this.#state.database, sandboxes, [this.#namespace], toSandbox, sandboxFields, filters, options)
  }

  async create(sandbox: NewSandbox, options: CallOptions = {}): Promise<Sandbox> {
    const { id } = sandbox
    checkIdentifier(id)
    const record = await this.#state.write((tx) => {
      if (tx.has(sandboxes, [this.#namespace, id])) throw AlreadyExistsError.of('sandbox', `"${id}"`)
      const now = this.#state.now()
      const created: SandboxRecord = {
        labels: storedLabels(sandbox.labels),
        runtime: sandbox.runtime ?? { name: '' },
        spec: sandbox.spec,
        sandboxer: sandbox.sandboxer ?? '',
        extensions: sandbox.extensions ?? {},
        createdAt: now,
        updatedAt: now,
      }
      ensureNamespace(tx, this.#namespace)
      tx.put(sandboxes, [this.#namespace, id], created)
      this.#state.journal.note(toNode('sandbox', this.#namespace, id))
      return created
    }, options)
    return toSandbox(id, record)
  }

  async update(sandbox: NewSandbox, paths?: FieldPaths, options: CallOptions = {}): Promise<Sandbox> {
    const { id } = sandbox
    checkIdentifier(id)
    const record = await this.#state.write((tx) => {
      const current = tx.get(sandboxes, [this.#namespace, id])
      if (current === undefined) throw NotFoundError.of('sandbox', `"${id}"`)
      const updated: SandboxRecord = { ...changed(current, sandbox, paths), updatedAt: this.#state.now() }
      tx.put(sandboxes, [this.#namespace, id], updated)
      this.#state.journal.note(toNode('sandbox', this.#namespace, id))
      return updated
    }, options)
    return toSandbox(id, record)
  }

  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#state.write((tx) => {
      if (!tx.delete(sandboxes, [this.#namespace, id])) throw NotFoundError.of('sandbox', `"${id}"`)
    }, options)
  }
}

function changed(current: SandboxRecord, given: NewSandbox, paths: FieldPaths | undefined): SandboxRecord {
  const wanted = paths === undefined || paths.length === 0 ? defaultPaths : paths
  return wanted.reduce((record, path): SandboxRecord => {
    const label = keyOfPath(path, 'labels')
    if (label !== undefined) return { ...record, labels: withKey(record.labels, given.labels, label) }
    const extension = keyOfPath(path, 'extensions')
    if (extension !== undefined) {
      return { ...record, extensions: withExtension(record.extensions, given.extensions, extension) }
    }
    switch (path) {
      case 'labels':
        return { ...record, labels: storedLabels(given.labels) }
      case 'extensions':
        return { ...record, extensions: { ...record.extensions, ...given.extensions } }
      case 'spec':
        return { ...record, spec: given.spec }
      case 'runtime': {
        const runtime = given.runtime ?? { name: '' }
        if (runtime.name !== record.runtime.name)
          throw new InvalidArgumentError('sandbox.Runtime.Name field is immutable')
        return { ...record, runtime }
      }
      default:
        throw new InvalidArgumentError(`cannot update "${path}" field on sandbox "${given.id}"`)
    }
  }, current)
}
