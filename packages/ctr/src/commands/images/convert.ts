// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { convertImage } from '@containerd-ts/images'
import { allPlatforms, hostPlatform, ordered, parsePlatform } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { platformFlags } from '../../cli/platform-flags.ts'
import type { PlatformFlags } from '../../cli/platform-flags.ts'

export default class ImagesConvert extends CtrCommand<{ readonly digest: string }> {
  static override summary = 'convert an image'
  static override args = {
    source: Args.string({ required: true, description: 'name of the image' }),
    target: Args.string({ required: true, description: 'name of the result' }),
  }
  static override flags = {
    uncompress: Flags.boolean({ summary: 'store layers uncompressed' }),
    oci: Flags.boolean({ summary: "use OCI's media types" }),
    erofs: Flags.string({ summary: 'not supported: convert layers to EROFS, raw or zstd' }),
    'erofs-compressors': Flags.string({ summary: 'not supported: compressors of mkfs.erofs' }),
    'erofs-mkfs-options': Flags.string({ summary: 'not supported: options of mkfs.erofs' }),
    ...platformFlags,
  }

  override async run(): Promise<{ readonly digest: string }> {
    const { args, flags } = await this.parse(ImagesConvert)
    for (const name of ['erofs', 'erofs-compressors', 'erofs-mkfs-options'] as const) {
      if (flags[name] !== undefined) throw new UnimplementedError(`images convert --${name} is not supported`)
    }
    const { uncompress, oci } = flags
    const options = { uncompress, oci, platforms: wanted(flags), signal: this.signal }
    await using client = this.connect()
    const { target } = await convertImage(this.namespaceOf(client), args.source, args.target, options)
    this.printLine(target.digest)
    return { digest: target.digest }
  }
}

/** What an index keeps: exactly the platforms named, not what their machines can run besides. */
function wanted({ platform = [], 'all-platforms': all }: PlatformFlags): PlatformMatcher {
  if (all) return allPlatforms
  return ordered(platform.length === 0 ? [hostPlatform()] : platform.map(parsePlatform))
}
