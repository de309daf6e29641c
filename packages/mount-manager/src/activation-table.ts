// SPDX-License-Identifier: Apache-2.0
import type { ActiveMount, Labels, Mount, Namespace } from '@containerd-ts/core'
import { AlreadyExistsError, NotFoundError } from '@containerd-ts/errdefs'
import type { Database } from '@containerd-ts/store'
import { activations, boots, counters } from './records.ts'
import type { ActivationRecord } from './records.ts'

export interface NamedActivation {
  readonly namespace: Namespace
  readonly name: string
  readonly record: ActivationRecord
}

/** Records are of this boot only, and mount points can be cleaned up without them: their order is enough. */
const ordered = { durability: 'ordered' } as const

/** The records of activations. Who changes one holds the lock of its name. */
export class ActivationTable {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Reserves the name; the answer is the id. @throws {AlreadyExistsError} */
  begin(namespace: Namespace, name: string, labels: Labels, lease: string | undefined): Promise<number> {
    return this.#database.write((tx) => {
      if (tx.has(activations, [namespace, name])) throw AlreadyExistsError.of('mount', name)
      const id = (tx.get(counters, ['id']) ?? 0) + 1
      tx.put(counters, ['id'], id)
      const owner = lease === undefined ? {} : { lease }
      const fresh = {
        id,
        state: 'activating',
        createdAt: new Date(),
        labels,
        active: [],
        system: [],
        ...owner,
      } as const
      tx.put(activations, [namespace, name], fresh)
      return id
    }, ordered)
  }

  /** From here on everybody sees it. */
  complete(
    namespace: Namespace,
    name: string,
    mounts: { readonly active: readonly ActiveMount[]; readonly system: readonly Mount[] },
  ): Promise<ActivationRecord> {
    return this.#database.write((tx) => {
      const record = tx.get(activations, [namespace, name])
      if (record === undefined) throw NotFoundError.of('mount', name)
      const whole: ActivationRecord = { ...record, ...mounts, state: 'active' }
      tx.put(activations, [namespace, name], whole)
      return whole
    }, ordered)
  }

  async forget(namespace: Namespace, name: string): Promise<void> {
    await this.#database.write((tx) => tx.delete(activations, [namespace, name]), ordered)
  }

  /** @throws {NotFoundError} also while it is being made */
  get(namespace: Namespace, name: string): ActivationRecord {
    const record = this.#database.read((tx) => tx.get(activations, [namespace, name]))
    if (record?.state !== 'active') throw NotFoundError.of('mount', name)
    return record
  }

  /** Whole ones, of one namespace or of all. */
  list(namespace?: Namespace): readonly NamedActivation[] {
    return this.#all(namespace).filter(({ record }) => record.state === 'active')
  }

  /** Of all namespaces, also those being made. */
  ids(): ReadonlySet<number> {
    return new Set(this.#all().map(({ record }) => record.id))
  }

  /** Forgets everything if the records are about another boot. Ids above `highest` only are given from now on. */
  async startBoot(bootId: string, highest: number): Promise<void> {
    await this.#database.write((tx) => {
      if (tx.get(boots, []) !== bootId) tx.deleteAll(activations)
      tx.put(boots, [], bootId)
      if ((tx.get(counters, ['id']) ?? 0) < highest) tx.put(counters, ['id'], highest)
    }, ordered)
  }

  /** Forgets all that are not in `kept`. */
  async keepOnly(kept: ReadonlySet<number>): Promise<void> {
    await this.#database.write((tx) => {
      const gone = [...tx.entries(activations)].filter(({ value }) => !kept.has(value.id))
      for (const { key } of gone) tx.delete(activations, key)
    }, ordered)
  }

  #all(only?: Namespace): readonly NamedActivation[] {
    const prefix = only === undefined ? [] : [only]
    return this.#database.read((tx) =>
      [...tx.entries(activations, prefix)].map(({ key, value }) => {
        const [namespace, name] = [...prefix, ...key] as [Namespace, string]
        return { namespace, name, record: value }
      }),
    )
  }
}
