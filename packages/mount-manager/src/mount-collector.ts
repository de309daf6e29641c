// SPDX-License-Identifier: Apache-2.0
import type { Logger, Namespace, OutsideResource, ResourceCollection, ResourceCollector } from '@containerd-ts/core'
import type { MountActivator } from './mount-activator.ts'

type Entry = ReturnType<MountActivator['records']>[number]

const backReference = 'containerd.io/gc.bref.'

const isOwned = ({ record }: Entry): boolean =>
  record.lease !== undefined || Object.keys(record.labels).some((label) => label.startsWith(backReference))

const toResource = ({ namespace, name, record }: Entry): OutsideResource => ({
  namespace,
  id: name,
  labels: record.labels,
})

/** Lets activations be collected that belong to a lease or, by a back reference, to something that is gone. */
export class MountCollector implements ResourceCollector {
  readonly kind = 'mount'
  readonly #activator: MountActivator
  readonly #logger: Logger

  constructor(activator: MountActivator, logger: Logger) {
    this.#activator = activator
    this.#logger = logger
  }

  start(): ResourceCollection {
    return new MountCollection(this.#activator, this.#activator.records(), this.#logger)
  }
}

class MountCollection implements ResourceCollection {
  readonly #activator: MountActivator
  readonly #entries: readonly Entry[]
  readonly #logger: Logger
  readonly #dead: Entry[] = []

  constructor(activator: MountActivator, entries: readonly Entry[], logger: Logger) {
    this.#activator = activator
    this.#entries = entries
    this.#logger = logger
  }

  all(): Iterable<OutsideResource> {
    return this.#entries.map(toResource)
  }

  /** What nobody owns stays until it is deactivated. */
  active(): Iterable<OutsideResource> {
    return this.#entries.filter((entry) => !isOwned(entry)).map(toResource)
  }

  leased(namespace: Namespace, lease: string): Iterable<string> {
    return this.#entries.filter((e) => e.namespace === namespace && e.record.lease === lease).map(({ name }) => name)
  }

  remove({ namespace, id }: OutsideResource): void {
    const entry = this.#entries.find((e) => e.namespace === namespace && e.name === id)
    if (entry !== undefined) this.#dead.push(entry)
  }

  /** A mount that is still in use stays, and is tried again in the next cycle. */
  async finish(): Promise<void> {
    for (const { namespace, name, record } of this.#dead) {
      try {
        await this.#activator.deactivateExactly(namespace, name, record.id)
      } catch (error) {
        this.#logger.warn('mount not collected', { namespace, name, error })
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
