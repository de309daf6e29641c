// SPDX-License-Identifier: Apache-2.0

export type Edges = ReadonlyMap<string, ReadonlySet<string>>

/** The shortest way back to where it starts, for one cycle of the graph; undefined when there is none. */
export function findCycle(edges: Edges): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (node: string, way: readonly string[]): readonly string[] | undefined => {
    const at = way.indexOf(node)
    if (at >= 0) return [...way.slice(at), node]
    if (done.has(node)) return undefined
    for (const next of edges.get(node) ?? []) {
      const cycle = walk(next, [...way, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const cycle = walk(node, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** A shortest path from any of `starts` to a node that `isTarget` names. */
export function findPath(
  starts: readonly string[],
  next: (node: string) => Iterable<string>,
  isTarget: (node: string) => boolean,
): readonly string[] | undefined {
  const cameFrom = new Map<string, string | undefined>(starts.map((start) => [start, undefined]))
  // A Map yields what is added while it is walked: this is a breadth-first search.
  for (const node of cameFrom.keys()) {
    if (isTarget(node)) return pathTo(node, cameFrom)
    for (const each of next(node)) if (!cameFrom.has(each)) cameFrom.set(each, node)
  }
  return undefined
}

function pathTo(node: string, cameFrom: ReadonlyMap<string, string | undefined>): readonly string[] {
  const path = [node]
  for (let from = cameFrom.get(node); from !== undefined; from = cameFrom.get(from)) path.unshift(from)
  return path
}
