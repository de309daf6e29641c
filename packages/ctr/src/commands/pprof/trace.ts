// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { parseDuration } from '@containerd-ts/lifecycle'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { debugSocketFlag, printProfile } from '../../cli/debug-socket.ts'

export default class PprofTrace extends CtrCommand<void> {
  static override summary = 'print an execution trace'
  static override flags = {
    'debug-socket': debugSocketFlag,
    seconds: Flags.string({ char: 's', summary: 'how long to watch', default: '5s' }),
    debug: Flags.integer({ summary: 'level of detail', default: 0 }),
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(PprofTrace)
    const seconds = Math.ceil(parseDuration(flags.seconds) / 1000)
    await printProfile(flags['debug-socket'], 'trace', { debug: flags.debug, seconds }, this.signal)
  }
}
