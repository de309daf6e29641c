// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { imageDetails, pullImage } from '@containerd-ts/images'
import type { Image } from '@containerd-ts/core'
import { chainId, hostMatcher, parsePullReference } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf, platformFlags } from '../../cli/platform-flags.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { ProgressView } from '../../output/progress-view.ts'
import { parseLabels } from '../../output/units.ts'

const defaultDownloads = 3

export default class ImagesPull extends CtrCommand<Image> {
  static override summary = 'pull an image from a registry and unpack it'
  static override args = {
    ref: Args.string({ required: true, description: 'full reference, such as docker.io/library/busybox:latest' }),
  }
  static override flags = {
    ...registryFlags,
    ...platformFlags,
    snapshotter: snapshotterFlag,
    label: Flags.string({ summary: 'label of the image; may repeat', multiple: true, multipleNonGreedy: true }),
    'all-metadata': Flags.boolean({ summary: 'fetch manifests and configs of all platforms', hidden: true }),
    'skip-metadata': Flags.boolean({ summary: 'fetch manifests and configs of the chosen platforms only' }),
    'print-chainid': Flags.boolean({ summary: 'print the chain ID of the image' }),
    'max-concurrent-downloads': Flags.integer({ summary: 'blobs fetched at a time', default: defaultDownloads }),
    local: Flags.boolean({ summary: 'pull in this program; always so as long as the daemon offers no transfer' }),
    'sync-fs': Flags.boolean({ summary: 'sync the file system after each layer' }),
  }

  override async run(): Promise<Image> {
    const { args, flags } = await this.parse(ImagesPull)
    parsePullReference(args.ref)
    const began = Date.now()
    await using resolver = await resolverOf(flags)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const platforms = matcherOf(flags)
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    const image = await this.#withProgress((onProgress) =>
      pullImage(namespace, resolver, args.ref, {
        platforms,
        onProgress,
        signal: this.signal,
        labels: parseLabels(flags.label ?? []),
        manifestLimit: flags['all-platforms'] ? 0 : (flags.platform?.length ?? 1),
        allMetadata: !flags['skip-metadata'] && !flags['all-platforms'],
        maxConcurrentDownloads: flags['max-concurrent-downloads'],
        unpack: [
          {
            platforms: flags['all-platforms'] ? hostMatcher() : platforms,
            target: {
              snapshotterName: snapshotter,
              snapshotter: namespace.snapshotter(snapshotter),
              applier: namespace.differ,
              syncFs: flags['sync-fs'],
            },
          },
        ],
      }),
    )
    this.printLine(`${image.name}: ${image.target.mediaType} ${image.target.digest}`)
    if (flags['print-chainid']) {
      const { rootfs } = await imageDetails(namespace.content, image.target, platforms, { signal: this.signal })
      this.printLine(`image chain ID: ${chainId(rootfs) ?? ''}`)
    }
    this.printLine(`done: ${((Date.now() - began) / 1000).toFixed(3)}s\t`)
    return image
  }

  async #withProgress(work: (report: ProgressView['report']) => Promise<Image>): Promise<Image> {
    using view = new ProgressView({ quiet: this.global.debug || this.global.json })
    return await work(view.report)
  }
}
