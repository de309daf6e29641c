// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { parseDigest } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'
import { registryFlags, resolverOf } from '../../cli/registry-flags.ts'
import { writeBytes } from '../../output/write-bytes.ts'

export default class ContentFetchBlob extends CtrCommand<readonly string[]> {
  static override summary = 'print blobs, from the registry'
  static override strict = false
  static override usage = '[command options] REF DIGEST...'
  static override args = { ref: Args.string({ required: true, description: 'reference whose repository holds them' }) }
  static override flags = {
    ...registryFlags,
    'media-type': Flags.string({ summary: 'media type of the blobs, which decides where they are asked for' }),
  }

  override async run(): Promise<readonly string[]> {
    const { args, flags, argv } = await this.parse(ContentFetchBlob)
    await using resolver = await resolverOf(flags)
    const fetcher = await resolver.fetcher(args.ref)
    return await eachOf((argv as string[]).slice(1), async (text) => {
      // The size is not known: 0 lets the answer's own length decide.
      const descriptor = { digest: parseDigest(text), mediaType: flags['media-type'] ?? '', sizeBytes: 0 }
      for await (const bytes of fetcher.fetch(descriptor, { signal: this.signal })) writeBytes(1, bytes)
    })
  }
}
