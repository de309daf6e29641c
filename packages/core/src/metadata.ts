// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { ContainerStore } from './containers.ts'
import type { ContentStore } from './content.ts'
import type { Namespace } from './identifier.ts'
import type { ImageStore } from './images.ts'
import type { LeaseManager } from './leases.ts'
import type { NamespaceStore } from './namespaces.ts'
import type { SandboxStore } from './sandboxes.ts'
import type { Snapshotter } from './snapshots.ts'

/** Everything one namespace holds. References never cross namespaces. */
export interface NamespaceView {
  readonly namespace: Namespace
  readonly content: ContentStore
  readonly images: ImageStore
  readonly containers: ContainerStore
  readonly leases: LeaseManager
  readonly sandboxes: SandboxStore
  /** @throws {InvalidArgumentError} no snapshotter of that name is loaded */
  snapshotter(name: string): Snapshotter
}

/** The metadata of a daemon, seen through its namespaces. */
export interface Metadata {
  readonly namespaces: NamespaceStore
  /** Names of the loaded snapshotters. */
  readonly snapshotters: readonly string[]
  /** Views are cheap and may be kept. */
  in(namespace: Namespace): NamespaceView
}

/** One run of the garbage collector. */
export interface GcStats {
  readonly elapsedMs: number
  readonly removed: number
}

/** Frees what no root reaches. */
export interface GarbageCollector {
  /** Runs one cycle, or joins the one that is about to start; resolves once backends are clean too. */
  collect(options?: CallOptions): Promise<GcStats>
}
