// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { parseDigest } from '@containerd-ts/core'
import type { Descriptor } from '@containerd-ts/core'
import { blobBytes } from '@containerd-ts/images'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'

export default class ContentPushObject extends CtrCommand<Descriptor> {
  static override summary = 'push a blob to a registry'
  static override args = {
    ref: Args.string({ required: true, description: 'full reference to push to' }),
    digest: Args.string({ required: true, description: 'digest of the blob' }),
    type: Args.string({ required: true, description: 'media type of the blob' }),
  }
  static override flags = registryFlags

  override async run(): Promise<Descriptor> {
    const { args, flags } = await this.parse(ContentPushObject)
    await using resolver = await resolverOf(flags)
    await using client = this.connect()
    const { content } = this.namespaceOf(client)
    const options = { signal: this.signal }
    const { digest, sizeBytes } = await content.info(parseDigest(args.digest), options)
    const descriptor = { digest, sizeBytes, mediaType: args.type }
    const pusher = await resolver.pusher(args.ref)
    await pusher.push(descriptor, () => blobBytes(content, digest, options), options)
    this.printLine(`pushed ${digest} ${args.type}`)
    return descriptor
  }
}
