// SPDX-License-Identifier: Apache-2.0
import { nodeId, type GcNode } from './node.ts'

/**
 * Orders dead nodes so that each comes before what it points to: whatever of them is still there has all it needs, and
 * may be reached again by somebody new. Cycles are cut anywhere.
 * @param pause - awaited after each node that was read
 */
export async function sweepOrder(
  dead: readonly GcNode[],
  targetsOf: (node: GcNode) => readonly GcNode[],
  pause: () => Promise<void> | undefined,
): Promise<GcNode[]> {
  const unvisited = new Map(dead.map((node) => [nodeId(node), node]))
  const finished: GcNode[] = []
  for (const start of dead) {
    if (!unvisited.delete(nodeId(start))) continue
    const stack = [{ node: start, targets: targetsOf(start), next: 0 }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = top.targets[top.next++]
      if (target === undefined) {
        finished.push(top.node)
        stack.pop()
        continue
      }
      const id = nodeId(target)
      const node = unvisited.get(id)
      if (node === undefined) continue
      unvisited.delete(id)
      await pause()
      stack.push({ node, targets: targetsOf(node), next: 0 })
    }
    await pause()
  }
  return finished.reverse()
}
