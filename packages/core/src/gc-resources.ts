// SPDX-License-Identifier: Apache-2.0
import type { Labels } from './labels.ts'
import type { Namespace } from './identifier.ts'
import type { GarbageCollector } from './metadata.ts'

/** A resource that lives outside the metadata, named by namespace and id. */
export interface OutsideResource {
  readonly namespace: Namespace
  readonly id: string
  /** Back references among them are honoured. */
  readonly labels?: Labels | undefined
}

/** Streams or mounts: resources that take part in collection without a record. */
export interface ResourceCollector {
  readonly kind: 'stream' | 'mount'
  /** Begins one cycle. What is created from now on is not part of it. */
  start(): ResourceCollection
}

/** One cycle. Ends with `finish`, or with disposal when the cycle failed. */
export interface ResourceCollection extends AsyncDisposable {
  /** Everything that could be collected. */
  all(): Iterable<OutsideResource>
  /** What is in use whatever points to it. */
  active(): Iterable<OutsideResource>
  /** What belongs to a lease. */
  leased(namespace: Namespace, lease: string): Iterable<string>
  /** Marks one for removal; it may have come into use since, and then stays. */
  remove(resource: OutsideResource): void
  /** Removes what was marked. */
  finish(): Promise<void>
}

/** Called after each write that stands; `deletions` says whether it deleted something. */
export type MutationObserver = (deletions: boolean) => void

/** Metadata whose garbage is collected: others can take part, and decide when. */
export interface CollectorHost {
  /** Collects at once, whoever asks. */
  readonly collector: GarbageCollector
  /** Tells of each write once it is durable. */
  observe(observer: MutationObserver): Disposable
  /** Makes synchronous deletes wait for this collector, a scheduler usually, in place of the metadata's own. */
  triggerWith(collector: GarbageCollector): void
  /** Takes part from the next cycle on. */
  register(collector: ResourceCollector): void
}
