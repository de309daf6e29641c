// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { Descriptor } from '@containerd-ts/core'
import { parseDigest } from '@containerd-ts/core'
import { pushImage, selectManifest } from '@containerd-ts/images'
import { only, parsePlatform } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf } from '../../cli/platform-flags.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { ProgressView } from '../../output/progress-view.ts'

const defaultUploads = 3

export default class ImagesPush extends CtrCommand<Descriptor> {
  static override summary = 'push an image to a registry'
  static override args = {
    remote: Args.string({ required: true, description: 'full reference to push to' }),
    local: Args.string({ description: 'name of the image here, if it differs' }),
  }
  static override flags = {
    ...registryFlags,
    manifest: Flags.string({ summary: 'digest of the manifest to push' }),
    'manifest-type': Flags.string({
      summary: 'media type of that manifest',
      default: 'application/vnd.oci.image.manifest.v1+json',
    }),
    platform: Flags.string({
      summary: 'push the manifest of this platform; may repeat',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'max-concurrent-uploaded-layers': Flags.integer({ summary: 'blobs sent at a time', default: defaultUploads }),
    local: Flags.boolean({ summary: 'push from this program; always so as long as the daemon offers no transfer' }),
    'allow-non-distributable-blobs': Flags.boolean({ summary: 'push layers that should not be passed on' }),
  }

  override async run(): Promise<Descriptor> {
    const { args, flags } = await this.parse(ImagesPush)
    await using resolver = await resolverOf(flags)
    await using client = this.connect()
    const { content, images } = this.namespaceOf(client)
    const options = { signal: this.signal }
    let target: Descriptor
    if (flags.manifest !== undefined) {
      const digest = parseDigest(flags.manifest)
      const { sizeBytes } = await content.info(digest, options)
      target = { digest, sizeBytes, mediaType: flags['manifest-type'] }
    } else {
      ;({ target } = await images.get(args.local ?? args.remote, options))
      const [platform] = flags.platform ?? []
      if (flags.platform?.length === 1 && platform !== undefined) {
        ;({ descriptor: target } = await selectManifest(content, target, only(parsePlatform(platform)), options))
      }
    }
    using view = new ProgressView({ quiet: this.global.debug || this.global.json })
    await pushImage(content, resolver, args.remote, target, {
      ...options,
      ...(flags.platform === undefined
        ? {}
        : { platforms: matcherOf({ platform: flags.platform, 'all-platforms': false }) }),
      maxConcurrentUploads: flags['max-concurrent-uploaded-layers'],
      skipNonDistributable: !flags['allow-non-distributable-blobs'],
      onProgress: view.report,
    })
    return target
  }
}
