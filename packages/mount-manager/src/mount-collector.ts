// SPDX-License-Identifier: Apache-2.0
import type { Logger, Namespace, OutsideResource, ResourceCollection, ResourceCollector } from '@containerd-ts/core'
import type { NamedActivation } from './activation-table.ts'
import type { MountActivator } from './mount-activator.ts'

/** Has activations collected that no lease, no reference and no back reference keeps. */
export class MountCollector implements ResourceCollector {
  readonly kind = 'mount'
  readonly #activator: MountActivator
  readonly #logger: Logger

  constructor(activator: MountActivator, logger: Logger) {
    this.#activator = activator
    this.#logger = logger
  }

  start(): ResourceCollection {
    return new MountCollection(this.#activator, this.#logger)
  }
}

/** The activations as they were when a cycle began. */
class MountCollection implements ResourceCollection {
  readonly #activator: MountActivator
  readonly #entries: readonly NamedActivation[]
  readonly #logger: Logger
  readonly #dead: NamedActivation[] = []

  constructor(activator: MountActivator, logger: Logger) {
    this.#activator = activator
    this.#entries = activator.all()
    this.#logger = logger
  }

  all(): Iterable<OutsideResource> {
    return this.#entries.map(({ namespace, name, record }) => ({ namespace, id: name, labels: record.labels }))
  }

  /** None: an activation lives by what owns it. */
  active(): Iterable<OutsideResource> {
    return []
  }

  leased(namespace: Namespace, lease: string): Iterable<string> {
    return this.#entries.filter((e) => e.namespace === namespace && e.record.lease === lease).map(({ name }) => name)
  }

  remove({ namespace, id }: OutsideResource): void {
    const entry = this.#entries.find((e) => e.namespace === namespace && e.name === id)
    if (entry !== undefined) this.#dead.push(entry)
  }

  async finish(): Promise<void> {
    for (const entry of this.#dead) {
      try {
        await this.#activator.deactivateExactly(entry)
      } catch (error) {
        this.#logger.warn('mount not collected', { namespace: entry.namespace, name: entry.name, error })
      }
    }
    await this.#activator.clearLeftOvers()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
