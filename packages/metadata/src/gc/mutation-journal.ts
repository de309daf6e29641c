// SPDX-License-Identifier: Apache-2.0
import { nodeId, type GcNode } from './node.ts'

/**
 * Tells a running collection what changed under it. While one listens, every node that a write creates, changes or
 * points to from outside the graph is noted; nodes in the hands of an operation are pinned.
 */
export class MutationJournal {
  #listening: Map<string, GcNode> | undefined
  readonly #pins = new Map<string, { readonly node: GcNode; count: number }>()

  /** Notes a node as written. Called inside the write transaction. */
  note(node: GcNode): void {
    this.#listening?.set(nodeId(node), node)
  }

  /** Starts noting for one collection. @throws {Error} one is listening already */
  listen(): MutationListener {
    if (this.#listening !== undefined) throw new Error('a collection is listening already')
    this.#listening = new Map()
    return {
      take: () => {
        const noted = [...(this.#listening?.values() ?? []), ...[...this.#pins.values()].map(({ node }) => node)]
        this.#listening?.clear()
        return noted
      },
      [Symbol.dispose]: () => {
        this.#listening = undefined
      },
    }
  }

  /** Keeps a node, and what it reaches, from a collection until disposal. */
  pin(node: GcNode): Disposable {
    const id = nodeId(node)
    const pin = this.#pins.get(id) ?? { node, count: 0 }
    pin.count++
    this.#pins.set(id, pin)
    return {
      [Symbol.dispose]: () => {
        if (--pin.count === 0) this.#pins.delete(id)
      },
    }
  }
}

export interface MutationListener extends Disposable {
  /** Nodes noted since the last call, and all that are pinned now. */
  take(): readonly GcNode[]
}
