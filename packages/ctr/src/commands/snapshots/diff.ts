// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { diffSnapshots } from '@containerd-ts/client'
import type { NamespaceClient } from '@containerd-ts/client'
import { LabelKey } from '@containerd-ts/core'
import type { Descriptor } from '@containerd-ts/core'
import { blobBytes, withLease } from '@containerd-ts/images'
import { MediaType } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { stringList } from '../../cli/string-list.ts'
import { parseLabels } from '../../output/units.ts'
import { writeBytes } from '../../output/write-bytes.ts'

export default class SnapshotsDiff extends CtrCommand<Descriptor> {
  static override summary = 'print the difference of two snapshots as a layer'
  static override args = {
    idA: Args.string({ required: true, description: 'snapshot; alone, it is compared with its parent' }),
    idB: Args.string({ description: 'snapshot with the changes' }),
  }
  static override flags = {
    snapshotter: snapshotterFlag,
    'media-type': Flags.string({ summary: 'media type of the layer', default: MediaType.ociLayerGzip }),
    ref: Flags.string({ summary: 'ref of the write' }),
    keep: Flags.boolean({ summary: 'keep the layer in the content store' }),
    label: stringList({ summary: 'label KEY=VALUE of the layer' }),
  }

  override async run(): Promise<Descriptor> {
    const { args, flags } = await this.parse(SnapshotsDiff)
    const keep = flags.keep ? { [LabelKey.gcRoot]: new Date().toISOString() } : {}
    const labels = { ...parseLabels(flags.label ?? []), ...keep }
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    return await withLease(namespace.leases, { signal: this.signal }, async (leased) => {
      const pair = args.idB === undefined ? { upper: args.idA } : { lower: args.idA, upper: args.idB }
      const snapshotter = await this.snapshotterName(client, flags.snapshotter)
      const layer = await diffSnapshots(
        namespace,
        { snapshotter, ...pair },
        {
          ...leased,
          labels,
          mediaType: flags['media-type'],
          ref: flags.ref,
        },
      )
      await this.#print(namespace, layer)
      return layer
    })
  }

  async #print({ content }: NamespaceClient, layer: Descriptor): Promise<void> {
    if (this.global.json) return
    for await (const bytes of blobBytes(content, layer.digest, { signal: this.signal })) writeBytes(1, bytes)
  }
}
