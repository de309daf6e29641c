// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { debugSocketFlag, printProfile } from '../../cli/debug-socket.ts'

export default class PprofGoroutines extends CtrCommand<void> {
  static override summary = 'print the stacks of goroutines'
  static override flags = {
    'debug-socket': debugSocketFlag,
    debug: Flags.integer({ summary: 'level of detail', default: 2 }),
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(PprofGoroutines)
    await printProfile(flags['debug-socket'], 'goroutine', { debug: flags.debug }, this.signal)
  }
}
