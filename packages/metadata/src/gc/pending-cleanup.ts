// SPDX-License-Identifier: Apache-2.0
import type { Digest } from '@containerd-ts/core'

/**
 * What may lie in the backends without a record. After a start nobody knows, so the first round looks at everything;
 * a round that failed is followed by one that does so again.
 */
export class PendingCleanup {
  readonly #blobs = new Set<Digest>()
  readonly #ingests = new Set<string>()
  readonly #snapshots = new Map<string, Set<string>>()
  readonly #unknown = new Set<string>(['content'])

  constructor(snapshotters: Iterable<string>) {
    for (const name of snapshotters) {
      this.#snapshots.set(name, new Set())
      this.#unknown.add(`snapshots/${name}`)
    }
  }

  blob(digest: Digest): void {
    this.#blobs.add(digest)
  }

  /** @param ref - as the backend calls it */
  ingest(ref: string): void {
    this.#ingests.add(ref)
  }

  /** @param name - as the backend calls it */
  snapshot(snapshotter: string, name: string): void {
    this.#snapshots.get(snapshotter)?.add(name)
  }

  /** Makes the next round look at the whole backend: `content` or `snapshots/<name>`. */
  markUnknown(backend: string): void {
    this.#unknown.add(backend)
  }

  takeContent(): {
    readonly everything: boolean
    readonly blobs: readonly Digest[]
    readonly ingests: readonly string[]
  } {
    const taken = { everything: this.#unknown.delete('content'), blobs: [...this.#blobs], ingests: [...this.#ingests] }
    this.#blobs.clear()
    this.#ingests.clear()
    return taken
  }

  takeSnapshots(snapshotter: string): { readonly everything: boolean; readonly names: readonly string[] } {
    const names = this.#snapshots.get(snapshotter)
    const taken = { everything: this.#unknown.delete(`snapshots/${snapshotter}`), names: [...(names ?? [])] }
    names?.clear()
    return taken
  }
}
