// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { ContainerdClient } from '@containerd-ts/client'
import { parseNamespace } from '@containerd-ts/core'
import type { Image } from '@containerd-ts/core'
import { imageDetails, pullImage } from '@containerd-ts/images'
import { chainId, hostMatcher, parsePullReference } from '@containerd-ts/oci'
import type { Interfaces } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf, platformFlags, platformsOf } from '../../cli/platform-flags.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { ProgressView } from '../../output/progress-view.ts'
import { parseLabels } from '../../output/units.ts'
import { imagesEnd, registryEnd } from '../../transfer/ends.ts'
import { refuseLocalFlags, tlsFlags } from '../../transfer/local-flags.ts'
import { reportTo } from '../../transfer/progress.ts'

const defaultDownloads = 3

type PullFlags = Interfaces.InferredFlags<typeof ImagesPull.flags>

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
    'max-concurrent-downloads': Flags.integer({ summary: `blobs fetched at a time; default ${defaultDownloads}` }),
    local: Flags.boolean({ summary: 'pull in this program, even where the daemon can' }),
    'sync-fs': Flags.boolean({ summary: 'sync the file system after each layer' }),
  }

  override async run(): Promise<Image> {
    const { args, flags } = await this.parse(ImagesPull)
    parsePullReference(args.ref)
    const began = Date.now()
    await using client = this.connect()
    const image = (await this.leavesToDaemon(client, flags))
      ? await this.#transfer(client, args.ref, flags)
      : await this.#pull(client, args.ref, flags)
    this.printLine(`${image.name}: ${image.target.mediaType} ${image.target.digest}`)
    if (flags['print-chainid']) {
      const { content } = this.namespaceOf(client)
      const { rootfs } = await imageDetails(content, image.target, matcherOf(flags), { signal: this.signal })
      this.printLine(`image chain ID: ${chainId(rootfs) ?? ''}`)
    }
    this.printLine(`done: ${((Date.now() - began) / 1000).toFixed(3)}s\t`)
    return image
  }

  async #transfer(client: ContainerdClient, ref: string, flags: PullFlags): Promise<Image> {
    refuseLocalFlags(flags, ['max-concurrent-downloads', 'print-chainid', ...tlsFlags])
    const platforms = platformsOf(flags)
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    const to = imagesEnd({
      name: ref,
      labels: parseLabels(flags.label ?? []),
      platforms,
      manifestLimit: platforms.length,
      allMetadata: !flags['skip-metadata'] && platforms.length > 0,
      unpacks: platforms.map((platform) => ({ platform, snapshotter })),
    })
    const from = await registryEnd(ref, flags)
    const namespace = parseNamespace(this.global.namespace)
    await this.#withProgress((view) =>
      client.transferrer.transfer(namespace, from, to, { signal: this.signal, onProgress: reportTo(view, ref) }),
    )
    return await this.namespaceOf(client).images.get(ref, { signal: this.signal })
  }

  async #pull(client: ContainerdClient, ref: string, flags: PullFlags): Promise<Image> {
    await using resolver = await resolverOf(flags)
    const namespace = this.namespaceOf(client)
    const platforms = matcherOf(flags)
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    return await this.#withProgress((view) =>
      pullImage(namespace, resolver, ref, {
        platforms,
        onProgress: view.report,
        signal: this.signal,
        labels: parseLabels(flags.label ?? []),
        manifestLimit: platformsOf(flags).length,
        allMetadata: !flags['skip-metadata'] && !flags['all-platforms'],
        maxConcurrentDownloads: flags['max-concurrent-downloads'] ?? defaultDownloads,
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
  }

  async #withProgress<T>(work: (view: ProgressView) => Promise<T>): Promise<T> {
    using view = new ProgressView({ quiet: this.global.debug || this.global.json })
    return await work(view)
  }
}
