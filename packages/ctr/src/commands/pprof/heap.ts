// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { debugSocketFlag, printProfile } from '../../cli/debug-socket.ts'

export default class PprofHeap extends CtrCommand<void> {
  static override summary = 'print the heap profile'
  static override flags = {
    'debug-socket': debugSocketFlag,
    debug: Flags.integer({ summary: 'level of detail', default: 0 }),
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(PprofHeap)
    await printProfile(flags['debug-socket'], 'heap', { debug: flags.debug }, this.signal)
  }
}
