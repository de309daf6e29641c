// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, GarbageCollector, GcStats, Namespace } from '@containerd-ts/core'
import { untilAborted } from '@containerd-ts/lifecycle'
import type { WriteTransaction } from '@containerd-ts/store'
import type { MetadataState } from '../metadata-state.ts'
import { cleanContent } from './clean-content.ts'
import { cleanSnapshots } from './clean-snapshots.ts'
import { graphRecords } from './graph-records.ts'
import { Marker } from './marker.ts'
import type { MutationListener } from './mutation-journal.ts'
import { nodeId, toNode, type GcNode } from './node.ts'
import type { NodeEntry } from './node-table.ts'
import { readLabels } from './reference-labels.ts'
import { Pacer } from './pacer.ts'
import type { ResourceCollection, ResourceCollector } from './resource-collector.ts'
import { sweepNode, type SweepResult, type SweptEvent } from './sweep.ts'
import { sweepOrder } from './sweep-order.ts'

/** Most records removed in one transaction. */
const sweepSlice = 100
/** Most rounds of catching up before the sweep; each is shorter than the one before unless writers are faster. */
const maxCatchUps = 4

interface Cycle {
  readonly now: Date
  readonly marker: Marker
  readonly listener: MutationListener
  readonly outside: ReadonlyMap<string, ResourceCollection>
  readonly pacer: Pacer
}

/**
 * Collects in small steps beside everything else.
 *
 * Marking reads one snapshot. From before that snapshot on, the journal notes every record that is written and every
 * node that an operation has in hand. Each sweep transaction first reaches all of these again, with the records as
 * they are then, and removes only what is still unreached. So a record survives that was made after the snapshot, or
 * that anything made or changed since then points to. Referrers go before what they point to: a dead record that is
 * still there, and is reached again, has lost nothing. What died after the snapshot goes in the next cycle.
 */
export class ConcurrentCollector implements GarbageCollector {
  readonly #state: MetadataState
  readonly #collectors: ResourceCollector[] = []
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<GcStats> | undefined

  constructor(state: MetadataState) {
    this.#state = state
  }

  /** Lets streams or mounts take part from the next cycle on. */
  register(collector: ResourceCollector): void {
    this.#collectors.push(collector)
  }

  async collect(options: CallOptions = {}): Promise<GcStats> {
    options.signal?.throwIfAborted()
    if (this.#next === undefined) {
      const before = this.#running
      this.#next = (async () => {
        await before.catch(() => {}) // its own callers hear of it
        this.#next = undefined
        return await this.#run()
      })()
      this.#running = this.#next
      this.#running.catch(() => {}) // a waiter may have given up
    }
    return await untilAborted(this.#next, options.signal)
  }

  /** Waits until no cycle runs. */
  async idle(): Promise<void> {
    await this.#running.catch(() => {})
  }

  async #run(): Promise<GcStats> {
    const start = performance.now()
    const swept = await this.#collectRecords()
    const elapsedMs = performance.now() - start
    const pacer = new Pacer()
    for (const { namespace, event } of swept.events) {
      await this.#state.publish(namespace, event).catch((error: unknown) => {
        this.#state.logger.error('event of garbage collection not published', { topic: event.topic, error })
      })
      if (pacer.isDue()) await pacer.pause()
    }
    const { snapshotters } = this.#state
    await Promise.all([
      cleanContent(this.#state),
      ...[...snapshotters].map(([name, backend]) => cleanSnapshots(this.#state, name, backend)),
    ])
    this.#state.logger.debug('garbage collected', { removed: swept.removed, elapsedMs })
    return { elapsedMs, removed: swept.removed }
  }

  async #collectRecords(): Promise<{ readonly removed: number; readonly events: readonly SweptEvent[] }> {
    const { journal, database, now } = this.#state
    await using stack = new AsyncDisposableStack()
    const listener = stack.use(journal.listen())
    const outside = new Map<string, ResourceCollection>()
    for (const collector of this.#collectors) outside.set(collector.kind, stack.use(collector.start()))
    // A write whose callback ran before the journal listened is in the snapshot only once it is committed.
    await database.write(() => {}, { durability: 'ordered' })
    const cycle: Cycle = { now: now(), marker: new Marker(now()), listener, outside, pacer: new Pacer() }
    const dead = await this.#mark(cycle)
    const result = await this.#sweep(cycle, dead)
    for (const [kind, collection] of outside) await this.#finish(cycle, kind, collection)
    return result
  }

  /** Answers the records that nothing reaches, in sweeping order. */
  async #mark(cycle: Cycle): Promise<GcNode[]> {
    const { marker, now, outside, pacer } = cycle
    using snapshot = this.#state.database.snapshot()
    const sweepable: NodeEntry[] = []
    for (const record of graphRecords(snapshot, now, this.#onUnreadableExpiry)) {
      if (record.isSweepable) sweepable.push(marker.entryOf(record.node))
      if (record.isRoot) marker.add({ node: record.node, flat: false })
      if (record.isRoot && record.node.kind === 'lease') this.#addOutsideOfLease(cycle, record.node)
      for (const parent of record.backReferences) marker.addBackReference(parent, record.node)
      if (pacer.isDue()) await pacer.pause()
    }
    for (const [kind, collection] of outside) {
      for (const { namespace, id, labels } of collection.all()) {
        const node = outsideNode(kind, namespace, id)
        for (const parent of readLabels(labels ?? {}, namespace).backReferences) marker.addBackReference(parent, node)
      }
      for (const { namespace, id } of collection.active())
        marker.add({ node: outsideNode(kind, namespace, id), flat: false })
    }
    while (marker.follow(snapshot, () => pacer.isDue())) await pacer.pause()
    const dead: NodeEntry[] = []
    for (const entry of sweepable) {
      entry.isUnordered = entry.mark === undefined
      if (entry.isUnordered) dead.push(entry)
      if (pacer.isDue()) await pacer.pause()
    }
    const targetsOf = (entry: NodeEntry): NodeEntry[] => [
      ...marker.targetsOf(snapshot, entry).map(({ node }) => marker.entryOf(node)),
      ...(entry.children ?? []),
    ]
    return await sweepOrder(dead, targetsOf, () => pacer.pauseIfDue())
  }

  async #sweep(cycle: Cycle, dead: readonly GcNode[]): Promise<{ removed: number; events: SweptEvent[] }> {
    const { marker, listener, pacer } = cycle
    if (dead.length > 0) await this.#catchUp(cycle)
    let removed = 0
    const events: SweptEvent[] = []
    for (let at = 0, behind = 0; at < dead.length;) {
      const results = await this.#state.database.write(
        (tx) => {
          for (const node of listener.take()) marker.addAgain(node)
          // Should it be much, each turn takes more of it than the one before, so it ends.
          const stretch = new Pacer(++behind)
          if (marker.follow(tx, () => stretch.isDue())) return []
          behind = 0
          return this.#sweepStretch(tx, marker, dead.slice(at, at + sweepSlice))
        },
        { durability: 'ordered' },
      )
      at += results.length
      for (const result of results) {
        if (result === 'kept') continue
        removed++
        if (result !== 'removed') events.push(result)
      }
      await pacer.pause()
    }
    // What the backends lose next must not come back as a record.
    if (dead.length > 0) await this.#state.database.write(() => {})
    return { removed, events }
  }

  /** Reaches most of what changed during the marking, so that no transaction of the sweep has to. */
  async #catchUp({ marker, listener, pacer }: Cycle): Promise<void> {
    for (let round = 0; round < maxCatchUps; round++) {
      const nodes = listener.take()
      for (const node of nodes) marker.addAgain(node)
      // Noted inside their transactions: with this one they are committed, and what is read next shows them.
      await this.#state.database.write(() => {}, { durability: 'ordered' })
      while (this.#state.read((tx) => marker.follow(tx, () => pacer.isDue()))) await pacer.pause()
      if (nodes.length < sweepSlice) return
    }
  }

  /** Removes the first of these, as many as one stretch allows. */
  #sweepStretch(tx: WriteTransaction, marker: Marker, nodes: readonly GcNode[]): SweepResult[] {
    const stretch = new Pacer()
    const results: SweepResult[] = []
    for (const node of nodes) {
      results.push(marker.isMarked(node) ? 'kept' : sweepNode(tx, node, this.#state.pending))
      if (stretch.isDue()) break
    }
    return results
  }

  async #finish({ marker, listener }: Cycle, kind: string, collection: ResourceCollection): Promise<void> {
    this.#state.database.read((tx) => {
      for (const node of listener.take()) marker.addAgain(node)
      marker.follow(tx)
    })
    for (const resource of collection.all()) {
      if (!marker.isMarked(outsideNode(kind, resource.namespace, resource.id))) collection.remove(resource)
    }
    try {
      await collection.finish()
    } catch (error) {
      this.#state.logger.error('resources not collected', { kind, error })
    }
  }

  #addOutsideOfLease({ marker, outside }: Cycle, lease: GcNode): void {
    for (const [kind, collection] of outside) {
      for (const id of collection.leased(lease.namespace as Namespace, lease.key)) {
        marker.add({ node: outsideNode(kind, lease.namespace, id), flat: false })
      }
    }
  }

  readonly #onUnreadableExpiry = (node: GcNode, value: string): void => {
    this.#state.logger.warn('unreadable expiry', { node: nodeId(node).replaceAll('\0', '/'), value })
  }
}

const outsideNode = (kind: string, namespace: string, id: string): GcNode =>
  toNode(kind === 'stream' ? 'stream' : 'mount', namespace, id)
