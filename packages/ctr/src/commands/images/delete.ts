// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'

export default class ImagesDelete extends CtrCommand<readonly string[]> {
  static override summary = 'delete image names; what nothing needs any more is collected'
  static override strict = false
  static override usage = '[command options] REF...'
  static override flags = { sync: Flags.boolean({ summary: 'wait until what the last image held is collected' }) }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(ImagesDelete)
    const names = argv as string[]
    await using client = this.connect()
    const { images } = this.namespaceOf(client)
    return await eachOf(names, async (name) => {
      try {
        await images.delete(name, { signal: this.signal, synchronous: flags.sync && name === names.at(-1) })
        this.printLine(name)
      } catch (error) {
        if (!isNotFound(error)) throw error
        this.warn(`${name}: image not found`)
      }
    })
  }
}
