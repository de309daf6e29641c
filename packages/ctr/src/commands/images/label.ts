// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { Labels } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { joinLabels, parseLabels } from '../../output/units.ts'

export default class ImagesLabel extends CtrCommand<Labels> {
  static override summary = 'set and clear labels of an image'
  static override strict = false
  static override usage = '[command options] REF [KEY=VALUE...]'
  static override args = { ref: Args.string({ required: true, description: 'name of the image' }) }
  static override flags = { 'replace-all': Flags.boolean({ char: 'r', summary: 'drop all other labels' }) }

  override async run(): Promise<Labels> {
    const { args, flags, argv } = await this.parse(ImagesLabel)
    const labels = parseLabels((argv as string[]).slice(1))
    await using client = this.connect()
    const { images } = this.namespaceOf(client)
    const before = await images.get(args.ref, { signal: this.signal })
    const paths = flags['replace-all'] ? ['labels'] : Object.keys(labels).map((key) => `labels.${key}`)
    const image =
      paths.length === 0 ? before : await images.update({ ...before, labels }, paths, { signal: this.signal })
    this.printLine(joinLabels(image.labels))
    return image.labels
  }
}
