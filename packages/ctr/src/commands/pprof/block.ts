// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { debugSocketFlag, printProfile } from '../../cli/debug-socket.ts'

export default class PprofBlock extends CtrCommand<void> {
  static override summary = 'print the blocking profile'
  static override flags = {
    'debug-socket': debugSocketFlag,
    debug: Flags.integer({ summary: 'level of detail', default: 0 }),
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(PprofBlock)
    await printProfile(flags['debug-socket'], 'block', { debug: flags.debug }, this.signal)
  }
}
