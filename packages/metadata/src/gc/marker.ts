// SPDX-License-Identifier: Apache-2.0
import type { ReadTransaction } from '@containerd-ts/store'
import { nodeId, type GcNode, type GcReference } from './node.ts'
import { outgoing } from './outgoing.ts'

/** Finds out what is reachable. A node reached flat and later in full is followed again. */
export class Marker {
  readonly #now: Date
  readonly #marks = new Map<string, 'flat' | 'full'>()
  readonly #backReferences = new Map<string, GcNode[]>()
  readonly #grey: GcReference[] = []

  constructor(now: Date) {
    this.#now = now
  }

  isMarked(node: GcNode): boolean {
    return this.#marks.has(nodeId(node))
  }

  /** `child` lives as long as `parent` is reachable. */
  addBackReference(parent: GcNode, child: GcNode): void {
    const id = nodeId(parent)
    const children = this.#backReferences.get(id)
    if (children === undefined) this.#backReferences.set(id, [child])
    else children.push(child)
  }

  backReferencesOf(parent: GcNode): readonly GcNode[] {
    return this.#backReferences.get(nodeId(parent)) ?? []
  }

  /** Reaches a node. */
  add(reference: GcReference): void {
    const id = nodeId(reference.node)
    const wanted = reference.flat ? 'flat' : 'full'
    const mark = this.#marks.get(id)
    if (mark === 'full' || mark === wanted) return
    this.#marks.set(id, wanted)
    this.#grey.push(reference)
  }

  /** Reaches a node whose record may have changed: it is followed even if it has been before. */
  addAgain(node: GcNode): void {
    this.#marks.set(nodeId(node), 'full')
    this.#grey.push({ node, flat: false })
  }

  /** Follows what was reached, until nothing is left or `isDue` says stop; false once nothing is left. */
  follow(tx: ReadTransaction, isDue: () => boolean = () => false): boolean {
    for (let reference = this.#grey.pop(); reference !== undefined; reference = this.#grey.pop()) {
      for (const target of outgoing(tx, reference, this.#now)) this.add(target)
      for (const child of this.backReferencesOf(reference.node)) this.add({ node: child, flat: false })
      if (isDue()) return true
    }
    return false
  }
}
