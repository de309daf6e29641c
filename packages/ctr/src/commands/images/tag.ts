// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { tagImage } from '@containerd-ts/images'
import { parsePullReference } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'

export default class ImagesTag extends CtrCommand<readonly string[]> {
  static override summary = 'give an image more names'
  static override strict = false
  static override usage = '[command options] SOURCE TARGET...'
  static override args = { source: Args.string({ required: true, description: 'name of the image' }) }
  static override flags = {
    force: Flags.boolean({ summary: 'take over names that exist' }),
    local: Flags.boolean({ summary: 'accepted for compatibility' }),
    'skip-reference-check': Flags.boolean({ summary: 'take any text as a name' }),
  }

  override async run(): Promise<readonly string[]> {
    const { args, flags, argv } = await this.parse(ImagesTag)
    await using client = this.connect()
    const { images } = this.namespaceOf(client)
    return await eachOf((argv as string[]).slice(1), async (target) => {
      if (!flags['skip-reference-check']) parsePullReference(target)
      await tagImage(images, args.source, target, { force: flags.force, signal: this.signal })
      this.printLine(target)
    })
  }
}
