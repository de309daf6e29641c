// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import type { Descriptor } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { writeBytes } from '../../output/write-bytes.ts'

export default class ContentFetchObject extends CtrCommand<Descriptor> {
  static override summary = 'print what a reference leads to, from the registry'
  static override args = { ref: Args.string({ required: true, description: 'full reference' }) }
  static override flags = registryFlags

  override async run(): Promise<Descriptor> {
    const { args, flags } = await this.parse(ContentFetchObject)
    await using resolver = await resolverOf(flags)
    const options = { signal: this.signal }
    const { descriptor } = await resolver.resolve(args.ref, options)
    const fetcher = await resolver.fetcher(args.ref)
    for await (const bytes of fetcher.fetch(descriptor, options)) if (!this.global.json) writeBytes(1, bytes)
    return descriptor
  }
}
