// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { Image } from '@containerd-ts/core'
import { pullImage } from '@containerd-ts/images'
import type { PlatformMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf, platformFlags } from '../../cli/platform-flags.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { stringList } from '../../cli/string-list.ts'
import { ProgressView } from '../../output/progress-view.ts'
import { parseLabels } from '../../output/units.ts'

/** Layers of no platform: what is left are manifests and configs. */
const noPlatform: PlatformMatcher = { match: () => false, compare: () => 0 }

export default class ContentFetch extends CtrCommand<Image> {
  static override summary = 'fetch all content of an image, without unpacking it'
  static override args = { ref: Args.string({ required: true, description: 'full reference of the image' }) }
  static override flags = {
    ...registryFlags,
    ...platformFlags,
    label: stringList({ summary: 'label KEY=VALUE of the image' }),
    'all-metadata': Flags.boolean({ summary: 'fetch manifests and configs of all platforms', hidden: true }),
    'skip-metadata': Flags.boolean({ summary: 'fetch manifests and configs of the chosen platforms only' }),
    'metadata-only': Flags.boolean({ summary: 'fetch manifests and configs, no layers' }),
  }

  override async run(): Promise<Image> {
    const { args, flags } = await this.parse(ContentFetch)
    await using resolver = await resolverOf(flags)
    await using client = this.connect()
    using view = new ProgressView({ quiet: this.global.debug || this.global.json })
    return await pullImage(this.namespaceOf(client), resolver, args.ref, {
      signal: this.signal,
      onProgress: view.report,
      platforms: flags['metadata-only'] ? noPlatform : matcherOf(flags),
      manifestLimit: 0,
      allMetadata: flags['metadata-only'] || (!flags['skip-metadata'] && !flags['all-platforms']),
      labels: parseLabels(flags.label ?? []),
    })
  }
}
