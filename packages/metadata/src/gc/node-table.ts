// SPDX-License-Identifier: Apache-2.0
import type { GcNode } from './node.ts'

/** What a cycle knows of a node; one object from the first mention to the end. */
export interface NodeEntry {
  readonly node: GcNode
  /** How it was reached, if it was. */
  mark: 'flat' | 'full' | undefined
  /** Nodes that live as long as this one is reached. */
  children: NodeEntry[] | undefined
  /** Dead, and without a place in the order of sweeping yet. */
  isUnordered: boolean
}

/** Nodes of one kind, namespace and snapshotter, by key. */
interface Scope extends Pick<GcNode, 'kind' | 'namespace' | 'snapshotter'> {
  readonly byKey: Map<string, NodeEntry>
}

/**
 * Finds the entries of nodes. It makes no string for each: what a cycle over many records leaves in the memory, the
 * collector of the JavaScript heap has to move, and everybody waits for that.
 */
export class NodeTable {
  readonly #scopes = new Map<string, Scope>()
  #last: Scope | undefined

  get(node: GcNode): NodeEntry | undefined {
    return this.#scopeOf(node).byKey.get(node.key)
  }

  /** The node's entry, made when there is none. */
  obtain(node: GcNode): NodeEntry {
    const { byKey } = this.#scopeOf(node)
    let entry = byKey.get(node.key)
    if (entry === undefined) {
      entry = { node, mark: undefined, children: undefined, isUnordered: false }
      byKey.set(node.key, entry)
    }
    return entry
  }

  #scopeOf(node: GcNode): Scope {
    // Nodes that come one after the other mostly have the same.
    if (this.#last !== undefined && isScopeOf(this.#last, node)) return this.#last
    const { kind, namespace, snapshotter } = node
    const id = `${kind}\0${namespace}\0${snapshotter ?? ''}`
    this.#last = this.#scopes.get(id) ?? { kind, namespace, snapshotter, byKey: new Map() }
    this.#scopes.set(id, this.#last)
    return this.#last
  }
}

const isScopeOf = (scope: Scope, { kind, namespace, snapshotter }: GcNode): boolean =>
  scope.kind === kind && scope.namespace === namespace && scope.snapshotter === snapshotter
