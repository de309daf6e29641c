// SPDX-License-Identifier: Apache-2.0
import { LabelKey } from '@containerd-ts/core'
import type { CallOptions, Mount, Snapshotter } from '@containerd-ts/core'
import { NewSnapshotCommand } from '../../cli/new-snapshot-command.ts'

export default class SnapshotsPrepare extends NewSnapshotCommand {
  static override summary = 'create a writable snapshot'

  protected override make(
    snapshotter: Snapshotter,
    key: string,
    parent: string | undefined,
    options: CallOptions,
  ): Promise<readonly Mount[]> {
    return snapshotter.prepare(key, parent, { ...options, labels: { [LabelKey.gcRoot]: new Date().toISOString() } })
  }
}
