// SPDX-License-Identifier: Apache-2.0
import type { SnapshotInfo } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'

export default class SnapshotsTree extends CtrCommand<readonly SnapshotInfo[]> {
  static override summary = 'print snapshots below their parents'
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<readonly SnapshotInfo[]> {
    const { flags } = await this.parse(SnapshotsTree)
    await using client = this.connect()
    const snapshots = await Array.fromAsync(
      (await this.snapshotterOf(client, flags.snapshotter)).list([], { signal: this.signal }),
    )
    const children = Map.groupBy(snapshots, ({ parent }) => parent)
    const print = ({ name }: SnapshotInfo, depth: number): void => {
      this.printLine(depth === 0 ? ` ${name}` : `${'  '.repeat(depth)}\\_ ${name}`)
      for (const child of children.get(name) ?? []) print(child, depth + 1)
    }
    for (const root of children.get(undefined) ?? []) print(root, 0)
    return snapshots
  }
}
