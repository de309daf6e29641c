// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { Image } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { imageTree } from '../../output/image-tree.ts'

export default class ImagesInspect extends CtrCommand<Image> {
  static override summary = 'print the tree of an image'
  static override args = { ref: Args.string({ required: true, description: 'name of the image' }) }
  static override flags = { content: Flags.boolean({ summary: 'print manifests and configs as well' }) }

  override async run(): Promise<Image> {
    const { args, flags } = await this.parse(ImagesInspect)
    await using client = this.connect()
    const { images, content } = this.namespaceOf(client)
    const options = { signal: this.signal }
    const image = await images.get(args.ref, options)
    for await (const line of imageTree(content, image, { ...options, documents: flags.content })) this.printLine(line)
    return image
  }
}
