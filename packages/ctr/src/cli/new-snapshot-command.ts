// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { CallOptions, Mount, Snapshotter } from '@containerd-ts/core'
import { goMount, mountCommands } from '../output/snapshot.ts'
import { CtrCommand } from './ctr-command.ts'
import { snapshotterFlag } from './snapshotter-flag.ts'

/** Base of the commands that make a snapshot and say how it is mounted. */
export abstract class NewSnapshotCommand extends CtrCommand<readonly Mount[]> {
  static override args = {
    key: Args.string({ required: true, description: 'key of the new snapshot' }),
    parent: Args.string({ description: 'committed snapshot to start from' }),
  }
  static override flags = {
    snapshotter: snapshotterFlag,
    target: Flags.string({ char: 't', summary: 'print the commands that mount it here' }),
    mounts: Flags.boolean({ summary: 'print its mounts as JSON' }),
  }

  protected abstract make(
    snapshotter: Snapshotter,
    key: string,
    parent: string | undefined,
    options: CallOptions,
  ): Promise<readonly Mount[]>

  override async run(): Promise<readonly Mount[]> {
    const { args, flags } = await this.parse(NewSnapshotCommand)
    await using client = this.connect()
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    const mounts = await this.make(snapshotter, args.key, args.parent, { signal: this.signal })
    if (flags.target !== undefined) this.print(mountCommands(mounts, flags.target))
    else if (flags.mounts) this.printLine(JSON.stringify(mounts.map(goMount), undefined, 4))
    return mounts
  }
}
