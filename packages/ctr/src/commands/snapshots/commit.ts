// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { LabelKey } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'

export default class SnapshotsCommit extends CtrCommand<{ readonly name: string }> {
  static override summary = 'commit an active snapshot under a name'
  static override args = {
    key: Args.string({ required: true, description: 'name of the committed snapshot' }),
    active: Args.string({ required: true, description: 'key of the active snapshot' }),
  }
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<{ readonly name: string }> {
    const { args, flags } = await this.parse(SnapshotsCommit)
    await using client = this.connect()
    const labels = { [LabelKey.gcRoot]: new Date().toISOString() }
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    await snapshotter.commit(args.key, args.active, { labels, signal: this.signal })
    return { name: args.key }
  }
}
