// SPDX-License-Identifier: Apache-2.0
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'

export default class SnapshotsDelete extends CtrCommand<readonly string[]> {
  static override summary = 'delete snapshots'
  static override strict = false
  static override usage = '[command options] KEY...'
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(SnapshotsDelete)
    await using client = this.connect()
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    return await eachOf(argv as string[], (key) => snapshotter.remove(key, { signal: this.signal }))
  }
}
