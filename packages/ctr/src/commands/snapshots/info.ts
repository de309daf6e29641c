// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { snapshotJson } from '../../output/snapshot.ts'

export default class SnapshotsInfo extends CtrCommand<Record<string, unknown>> {
  static override summary = 'print what is known of a snapshot'
  static override args = { key: Args.string({ required: true, description: 'key or name of the snapshot' }) }
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<Record<string, unknown>> {
    const { args, flags } = await this.parse(SnapshotsInfo)
    await using client = this.connect()
    const info = snapshotJson(
      await (await this.snapshotterOf(client, flags.snapshotter)).stat(args.key, { signal: this.signal }),
    )
    this.printLine(JSON.stringify(info, undefined, 4))
    return info
  }
}
