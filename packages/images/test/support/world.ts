// SPDX-License-Identifier: Apache-2.0
import { hostMatcher } from '@containerd-ts/oci'
import type { UnpackPlan, UnpackTarget } from '../../src/index.ts'
import { MemoryContent } from './memory-content.ts'
import { MemoryApplier, MemorySnapshots } from './memory-snapshots.ts'
import { MemoryImages, MemoryLeases } from './memory-stores.ts'

/** All contracts that images needs, in memory. */
export class World {
  readonly content = new MemoryContent()
  readonly images = new MemoryImages()
  readonly leases = new MemoryLeases()
  readonly snapshotter = new MemorySnapshots()
  readonly applier = new MemoryApplier()

  unpack(more: Partial<UnpackTarget> = {}): readonly UnpackPlan[] {
    const { snapshotter, applier } = this
    return [{ platforms: hostMatcher(), target: { snapshotterName: 'memory', snapshotter, applier, ...more } }]
  }

  /** Active snapshots and held refs: a finished operation has none. */
  get leftovers(): readonly string[] {
    const active = [...this.snapshotter.snapshots.values()].filter((s) => s.kind !== 'committed').map((s) => s.name)
    return [...active, ...this.content.locked, ...this.leases.live.keys()]
  }
}
