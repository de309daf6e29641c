// SPDX-License-Identifier: Apache-2.0
import { describe } from 'vitest'
import { applyContents } from './diff-apply.ts'
import { compareTrees } from './diff-compare.ts'
import { applyDeletions } from './diff-deletions.ts'
import { applyHostile } from './diff-hostile.ts'
import type { DifferFixture } from './diff-stack.ts'

export type { DifferFixture } from './diff-stack.ts'
export { archive, headerBlock, type ArchiveEntry } from './diff-archive.ts'
export { readTree, type TreeNode } from './diff-tree.ts'

/** The contract of `Differ`, against any implementation. Needs the right to mount and to make devices. */
export function differConformance(name: string, setup: () => Promise<DifferFixture>): void {
  describe(`${name}: differ contract`, () => {
    applyContents(setup)
    applyDeletions(setup)
    applyHostile(setup)
    compareTrees(setup)
  })
}
