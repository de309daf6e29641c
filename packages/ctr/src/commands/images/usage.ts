// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { imageDetails } from '@containerd-ts/images'
import { chainId, hostMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { binarySize } from '../../output/units.ts'

interface UsageRow {
  readonly key: string
  readonly sizeBytes: number
  readonly inodes: number
}

export default class ImagesUsage extends CtrCommand<readonly UsageRow[]> {
  static override summary = 'print disk use of the snapshots of an image'
  static override args = { ref: Args.string({ required: true, description: 'name of the image' }) }
  static override flags = { snapshotter: snapshotterFlag }

  override async run(): Promise<readonly UsageRow[]> {
    const { args, flags } = await this.parse(ImagesUsage)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    const { target } = await namespace.images.get(args.ref, options)
    const { rootfs } = await imageDetails(namespace.content, target, hostMatcher(), options)
    const rows: UsageRow[] = []
    for (
      let key: string | undefined = chainId(rootfs);
      key !== undefined;
      key = (await snapshotter.stat(key, options)).parent
    ) {
      rows.push({ key, ...(await snapshotter.usage(key, options)) })
    }
    const cells = rows.map(({ key, sizeBytes, inodes }) => [key, binarySize(sizeBytes), String(inodes), ''])
    this.print(formatTable([['KEY', 'SIZE', 'INODES', ''], ...cells], narrow))
    return rows
  }
}
