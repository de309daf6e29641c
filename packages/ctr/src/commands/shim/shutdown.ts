// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { connectShim, shimFlags } from '../../cli/shim-client.ts'

export default class ShimShutdown extends CtrCommand<void> {
  static override summary = 'shut a shim down'
  static override flags = {
    ...shimFlags,
    'api-version': Flags.integer({ summary: 'version of the task API', options: ['2', '3'], default: 3 }),
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(ShimShutdown)
    const options = { signal: this.signal, version: flags['api-version'] }
    await using shim = await connectShim(flags, this.global, options)
    await shim.task.shutdown({ id: flags.id ?? '', now: true })
  }
}
