// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Mount, Snapshotter } from '@containerd-ts/core'
import { NewSnapshotCommand } from '../../cli/new-snapshot-command.ts'

export default class SnapshotsView extends NewSnapshotCommand {
  static override summary = 'create a read-only snapshot'

  protected override make(
    snapshotter: Snapshotter,
    key: string,
    parent: string | undefined,
    options: CallOptions,
  ): Promise<readonly Mount[]> {
    return snapshotter.view(key, parent, options)
  }
}
