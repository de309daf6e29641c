// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { binarySize } from '../../output/units.ts'

interface UsageRow {
  readonly key: string
  readonly sizeBytes: number
  readonly inodes: number
}

export default class SnapshotsUsage extends CtrCommand<readonly UsageRow[]> {
  static override summary = 'print disk use of snapshots, all of them by default'
  static override strict = false
  static override usage = '[command options] [KEY...]'
  static override flags = {
    snapshotter: snapshotterFlag,
    b: Flags.boolean({ summary: 'print bytes as a plain number' }),
  }

  override async run(): Promise<readonly UsageRow[]> {
    const { flags, argv } = await this.parse(SnapshotsUsage)
    await using client = this.connect()
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    const options = { signal: this.signal }
    const given = argv as string[]
    const keys =
      given.length > 0 ? given : (await Array.fromAsync(snapshotter.list([], options))).map(({ name }) => name)
    const rows = await Promise.all(keys.map(async (key) => ({ key, ...(await snapshotter.usage(key, options)) })))
    const size = (bytes: number): string => (flags.b ? String(bytes) : binarySize(bytes))
    const cells = rows.map(({ key, sizeBytes, inodes }) => [key, size(sizeBytes), String(inodes), ''])
    this.print(formatTable([['KEY', 'SIZE', 'INODES', ''], ...cells], narrow))
    return rows
  }
}
