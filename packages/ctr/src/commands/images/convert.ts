// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { platformFlags } from '../../cli/platform-flags.ts'

export default class ImagesConvert extends CtrCommand<never> {
  static override summary = 'convert an image; not supported yet'
  static override args = {
    source: Args.string({ required: true, description: 'name of the image' }),
    target: Args.string({ required: true, description: 'name of the result' }),
  }
  static override flags = {
    uncompress: Flags.boolean({ summary: 'store layers uncompressed' }),
    oci: Flags.boolean({ summary: "use OCI's media types" }),
    erofs: Flags.string({ summary: 'convert layers to EROFS: raw or zstd' }),
    'erofs-compressors': Flags.string({ summary: 'compressors of mkfs.erofs' }),
    'erofs-mkfs-options': Flags.string({ summary: 'options of mkfs.erofs' }),
    ...platformFlags,
  }

  override async run(): Promise<never> {
    await this.parse(ImagesConvert)
    throw new UnimplementedError('images convert is not supported')
  }
}
