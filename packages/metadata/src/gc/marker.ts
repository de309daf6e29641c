// SPDX-License-Identifier: Apache-2.0
import type { ReadTransaction } from '@containerd-ts/store'
import type { GcNode, GcReference } from './node.ts'
import { NodeTable, type NodeEntry } from './node-table.ts'
import { outgoing } from './outgoing.ts'

/** Finds out what is reachable. A node reached flat and later in full is followed again. */
export class Marker {
  readonly #now: Date
  readonly #nodes = new NodeTable()
  readonly #grey: NodeEntry[] = []

  constructor(now: Date) {
    this.#now = now
  }

  /** The entry of a node, by which those who look often find its mark. */
  entryOf(node: GcNode): NodeEntry {
    return this.#nodes.obtain(node)
  }

  isMarked(node: GcNode): boolean {
    return this.#nodes.get(node)?.mark !== undefined
  }

  /** `child` lives as long as `parent` is reachable. */
  addBackReference(parent: GcNode, child: GcNode): void {
    const children = (this.#nodes.obtain(parent).children ??= [])
    children.push(this.#nodes.obtain(child))
  }

  /** Reaches a node. */
  add({ node, flat }: GcReference): void {
    this.#reach(this.#nodes.obtain(node), flat ? 'flat' : 'full')
  }

  /** Reaches a node whose record may have changed: it is followed even if it has been before. */
  addAgain(node: GcNode): void {
    const entry = this.#nodes.obtain(node)
    entry.mark = 'full'
    this.#grey.push(entry)
  }

  /** Follows what was reached, until nothing is left or `isDue` says stop; false once nothing is left. */
  follow(tx: ReadTransaction, isDue: () => boolean = () => false): boolean {
    for (let entry = this.#grey.pop(); entry !== undefined; entry = this.#grey.pop()) {
      for (const target of this.targetsOf(tx, entry)) this.add(target)
      for (const child of entry.children ?? []) this.#reach(child, 'full')
      if (isDue()) return true
    }
    return false
  }

  /** What a node's record points to, seen from a node that was reached as this one was; in full when it was not. */
  targetsOf(tx: ReadTransaction, { node, mark }: NodeEntry): readonly GcReference[] {
    return outgoing(tx, { node, flat: mark === 'flat' }, this.#now)
  }

  #reach(entry: NodeEntry, wanted: 'flat' | 'full'): void {
    if (entry.mark === 'full' || entry.mark === wanted) return
    entry.mark = wanted
    this.#grey.push(entry)
  }
}
