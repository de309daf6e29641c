// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class TasksPause extends CtrCommand<{ readonly id: string }> {
  static override summary = 'pause a container'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }

  override async run(): Promise<{ readonly id: string }> {
    const { args } = await this.parse(TasksPause)
    await using client = this.connect()
    const task = await this.namespaceOf(client).tasks.get(args.id, { signal: this.signal })
    await task.pause({ signal: this.signal })
    return { id: args.id }
  }
}
