// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import type { Labels } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { joinLabels, parseLabels } from '../../output/units.ts'

export default class SnapshotsLabel extends CtrCommand<Labels> {
  static override summary = 'set and clear labels of a snapshot'
  static override strict = false
  static override usage = '[command options] KEY [LABEL=VALUE...]'
  static override args = { key: Args.string({ required: true, description: 'key or name of the snapshot' }) }
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<Labels> {
    const { args, flags, argv } = await this.parse(SnapshotsLabel)
    const labels = parseLabels((argv as string[]).slice(1))
    await using client = this.connect()
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    const paths = Object.keys(labels).map((key) => `labels.${key}`)
    const info =
      paths.length === 0
        ? await snapshotter.stat(args.key, { signal: this.signal })
        : await snapshotter.update(args.key, labels, paths, { signal: this.signal })
    this.printLine(joinLabels(info.labels))
    return info.labels
  }
}
