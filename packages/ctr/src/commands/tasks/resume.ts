// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class TasksResume extends CtrCommand<{ readonly id: string }> {
  static override summary = 'resume a container'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }

  override async run(): Promise<{ readonly id: string }> {
    const { args } = await this.parse(TasksResume)
    await using client = this.connect()
    const task = await this.namespaceOf(client).tasks.get(args.id, { signal: this.signal })
    await task.resume({ signal: this.signal })
    return { id: args.id }
  }
}
