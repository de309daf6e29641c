// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'

import type { Mount } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { goMount, mountCommands } from '../../output/snapshot.ts'

export default class SnapshotsView extends CtrCommand<readonly Mount[]> {
  static override summary = 'create a read-only snapshot'
  static override args = {
    key: Args.string({ required: true, description: 'key of the new snapshot' }),
    parent: Args.string({ description: 'committed snapshot to start from' }),
  }
  static override flags = {
    snapshotter: snapshotterFlag,
    target: Flags.string({ char: 't', summary: 'print the commands that mount it here' }),
    mounts: Flags.boolean({ summary: 'print its mounts as JSON' }),
  }

  override async run(): Promise<readonly Mount[]> {
    const { args, flags } = await this.parse(SnapshotsView)
    await using client = this.connect()
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    const mounts = await snapshotter.view(args.key, args.parent, { signal: this.signal })
    if (flags.target !== undefined) this.print(mountCommands(mounts, flags.target))
    else if (flags.mounts) this.printLine(JSON.stringify(mounts.map(goMount), undefined, 4))
    return mounts
  }
}
