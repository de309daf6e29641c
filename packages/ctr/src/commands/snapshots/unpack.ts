// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { parseDigest } from '@containerd-ts/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import { unpackImage } from '@containerd-ts/images'
import { hostMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'

export default class SnapshotsUnpack extends CtrCommand<{ readonly chainId: string }> {
  static override summary = 'unpack the layers of a manifest that an image names'
  static override args = { digest: Args.string({ required: true, description: "digest of the image's target" }) }
  static override flags = {
    snapshotter: snapshotterFlag,
    'sync-fs': Flags.boolean({ summary: 'sync the file system after each layer' }),
  }

  override async run(): Promise<{ readonly chainId: string }> {
    const { args, flags } = await this.parse(SnapshotsUnpack)
    const digest = parseDigest(args.digest)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const images = await Array.fromAsync(namespace.images.list([], options))
    const image = images.find(({ target }) => target.digest === digest)
    if (image === undefined) throw new NotFoundError(`manifest ${digest}`)
    this.print(`unpacking ${digest} (${image.target.mediaType})...`)
    const snapshotterName = await this.snapshotterName(client, flags.snapshotter)
    const target = {
      snapshotterName,
      snapshotter: namespace.snapshotter(snapshotterName),
      applier: namespace.differ,
      syncFs: flags['sync-fs'],
    }
    const top = await unpackImage(namespace, image.target, target, { ...options, platforms: hostMatcher() })
    this.printLine('done')
    return { chainId: top ?? '' }
  }
}
