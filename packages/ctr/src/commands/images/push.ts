// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { ContainerdClient } from '@containerd-ts/client'
import type { Descriptor } from '@containerd-ts/core'
import { parseDigest, parseNamespace } from '@containerd-ts/core'
import { pushImage, selectManifest } from '@containerd-ts/images'
import { MediaType, only, parsePlatform } from '@containerd-ts/oci'
import type { Interfaces } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf } from '../../cli/platform-flags.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { ProgressView } from '../../output/progress-view.ts'
import { imagesEnd, registryEnd } from '../../transfer/ends.ts'
import { refuseLocalFlags, tlsFlags } from '../../transfer/local-flags.ts'
import { reportTo } from '../../transfer/progress.ts'

const defaultUploads = 3

type PushFlags = Interfaces.InferredFlags<typeof ImagesPush.flags>

interface Names {
  readonly remote: string
  readonly local: string
}

export default class ImagesPush extends CtrCommand<Descriptor> {
  static override summary = 'push an image to a registry'
  static override args = {
    remote: Args.string({ required: true, description: 'full reference to push to' }),
    local: Args.string({ description: 'name of the image here, if it differs' }),
  }
  static override flags = {
    ...registryFlags,
    manifest: Flags.string({ summary: 'digest of the manifest to push' }),
    'manifest-type': Flags.string({ summary: `media type of that manifest; default ${MediaType.ociManifest}` }),
    platform: Flags.string({
      summary: 'push the manifest of this platform; may repeat',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'max-concurrent-uploaded-layers': Flags.integer({ summary: `blobs sent at a time; default ${defaultUploads}` }),
    local: Flags.boolean({ summary: 'push from this program, even where the daemon can' }),
    'allow-non-distributable-blobs': Flags.boolean({ summary: 'push layers that should not be passed on' }),
  }

  override async run(): Promise<Descriptor> {
    const { args, flags } = await this.parse(ImagesPush)
    const names = { remote: args.remote, local: args.local ?? args.remote }
    await using client = this.connect()
    const remote = await this.leavesToDaemon(client, flags)
    return remote ? await this.#transfer(client, names, flags) : await this.#push(client, names, flags)
  }

  async #transfer(client: ContainerdClient, { remote, local }: Names, flags: PushFlags): Promise<Descriptor> {
    refuseLocalFlags(flags, [
      'manifest',
      'manifest-type',
      'max-concurrent-uploaded-layers',
      'allow-non-distributable-blobs',
      'http-dump',
      'http-trace',
      ...tlsFlags,
    ])
    const { target } = await this.namespaceOf(client).images.get(local, { signal: this.signal })
    const from = imagesEnd({ name: local, platforms: (flags.platform ?? []).map(parsePlatform) })
    const to = await registryEnd(remote, flags)
    using view = new ProgressView({ quiet: this.global.debug || this.global.json })
    await client.transferrer.transfer(parseNamespace(this.global.namespace), from, to, {
      signal: this.signal,
      onProgress: reportTo(view, local),
    })
    return target
  }

  async #push(client: ContainerdClient, { remote, local }: Names, flags: PushFlags): Promise<Descriptor> {
    await using resolver = await resolverOf(flags)
    const { content } = this.namespaceOf(client)
    const target = await this.#target(client, local, flags)
    using view = new ProgressView({ quiet: this.global.debug || this.global.json })
    await pushImage(content, resolver, remote, target, {
      signal: this.signal,
      ...(flags.platform === undefined
        ? {}
        : { platforms: matcherOf({ platform: flags.platform, 'all-platforms': false }) }),
      maxConcurrentUploads: flags['max-concurrent-uploaded-layers'] ?? defaultUploads,
      skipNonDistributable: !flags['allow-non-distributable-blobs'],
      onProgress: view.report,
    })
    return target
  }

  async #target(client: ContainerdClient, name: string, flags: PushFlags): Promise<Descriptor> {
    const { content, images } = this.namespaceOf(client)
    const options = { signal: this.signal }
    if (flags.manifest !== undefined) {
      const digest = parseDigest(flags.manifest)
      const { sizeBytes } = await content.info(digest, options)
      return { digest, sizeBytes, mediaType: flags['manifest-type'] ?? MediaType.ociManifest }
    }
    const { target } = await images.get(name, options)
    const [platform] = flags.platform ?? []
    if (flags.platform?.length !== 1 || platform === undefined) return target
    return (await selectManifest(content, target, only(parsePlatform(platform)), options)).descriptor
  }
}
