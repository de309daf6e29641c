// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'

export default class LeasesDelete extends CtrCommand<readonly string[]> {
  static override summary = 'delete leases'
  static override strict = false
  static override usage = '[command options] ID...'
  static override flags = { sync: Flags.boolean({ summary: 'wait until what the last lease held is collected' }) }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(LeasesDelete)
    const ids = argv as string[]
    await using client = this.connect()
    return await eachOf(ids, async (id) => {
      const synchronous = flags.sync && id === ids.at(-1)
      await this.namespaceOf(client).leases.delete(id, { signal: this.signal, synchronous })
      this.printLine(id)
    })
  }
}
