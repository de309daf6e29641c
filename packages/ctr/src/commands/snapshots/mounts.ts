// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { Mount } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { mountCommands } from '../../output/snapshot.ts'

export default class SnapshotsMounts extends CtrCommand<readonly Mount[]> {
  static override summary = 'print the commands that mount a snapshot'
  static override args = {
    target: Args.string({ required: true, description: 'where to mount' }),
    key: Args.string({ required: true, description: 'key of an active snapshot or view' }),
  }
  static override flags = {
    snapshotter: snapshotterFlag,
    temp: Flags.boolean({ summary: 'activate mounts that containerd has to handle first' }),
  }

  override async run(): Promise<readonly Mount[]> {
    const { args, flags } = await this.parse(SnapshotsMounts)
    await using client = this.connect()
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    const mounts = await snapshotter.mounts(args.key, { signal: this.signal })
    this.print(mountCommands(mounts, args.target))
    return mounts
  }
}
