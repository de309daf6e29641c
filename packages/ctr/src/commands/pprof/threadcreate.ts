// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { debugSocketFlag, printProfile } from '../../cli/debug-socket.ts'

export default class PprofThreadcreate extends CtrCommand<void> {
  static override summary = 'print where threads were created'
  static override flags = {
    'debug-socket': debugSocketFlag,
    debug: Flags.integer({ summary: 'level of detail', default: 0 }),
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(PprofThreadcreate)
    await printProfile(flags['debug-socket'], 'threadcreate', { debug: flags.debug }, this.signal)
  }
}
