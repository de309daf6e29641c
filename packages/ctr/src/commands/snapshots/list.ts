// SPDX-License-Identifier: Apache-2.0
import type { SnapshotInfo } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { kindName } from '../../output/snapshot.ts'

export default class SnapshotsList extends CtrCommand<readonly SnapshotInfo[]> {
  static override summary = 'list snapshots'
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<readonly SnapshotInfo[]> {
    const { flags } = await this.parse(SnapshotsList)
    await using client = this.connect()
    const snapshots = (await this.snapshotterOf(client, flags.snapshotter)).list([], { signal: this.signal })
    const found = await Array.fromAsync(snapshots)
    const rows = found.map(({ name, parent, kind }) => [name, parent ?? '', kindName(kind), ''])
    this.print(formatTable([['KEY', 'PARENT', 'KIND', ''], ...rows], narrow))
    return found
  }
}
