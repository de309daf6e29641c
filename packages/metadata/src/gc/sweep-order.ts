// SPDX-License-Identifier: Apache-2.0
import type { GcNode } from './node.ts'
import type { NodeEntry } from './node-table.ts'

/**
 * Orders dead nodes so that each comes before what it points to: whatever of them is still there has all it needs, and
 * may be reached again by somebody new. Cycles are cut anywhere.
 * @param dead - all of them unordered
 * @param pause - awaited after each node that was read
 */
export async function sweepOrder(
  dead: readonly NodeEntry[],
  targetsOf: (entry: NodeEntry) => readonly NodeEntry[],
  pause: () => Promise<void> | undefined,
): Promise<GcNode[]> {
  const finished: GcNode[] = []
  for (const start of dead) {
    if (!start.isUnordered) continue
    start.isUnordered = false
    const stack = [{ entry: start, targets: targetsOf(start), next: 0 }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = top.targets[top.next++]
      if (target === undefined) {
        finished.push(top.entry.node)
        stack.pop()
      } else if (target.isUnordered) {
        target.isUnordered = false
        await pause()
        stack.push({ entry: target, targets: targetsOf(target), next: 0 })
      }
    }
    await pause()
  }
  return finished.reverse()
}
