// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'

/** Where snapshots lie below the snapshotter's root. */
export class OverlayLayout {
  readonly snapshots: string

  constructor(root: string) {
    this.snapshots = join(root, 'snapshots')
  }

  directory(id: number): string {
    return join(this.snapshots, String(id))
  }

  upper(id: number): string {
    return join(this.snapshots, String(id), 'fs')
  }

  work(id: number): string {
    return join(this.snapshots, String(id), 'work')
  }
}
