// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { attachTask } from '@containerd-ts/client'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { Console } from '../../run/console.ts'
import { seeThrough } from '../../run/see-through.ts'
import { stayWith } from '../../run/stay-with.ts'
import { processSpecOf } from '../../run/spec-of.ts'

export default class TasksAttach extends CtrCommand<{ readonly exitStatus: number }> {
  static override summary = 'attach to the streams of a container'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }

  override async run(): Promise<{ readonly exitStatus: number }> {
    const { args } = await this.parse(TasksAttach)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const container = await namespace.containers.get(args.id, options)
    using console = processSpecOf(container).terminal === true ? Console.open() : undefined
    const local = console === undefined ? { stdin: 0, stdout: 1, stderr: 2 } : { stdin: console.fd, stdout: console.fd }
    const task = await attachTask(namespace, args.id, local, options)
    const company = { console, interrupts: this.context.interrupts, onWarning: (text: string) => this.warn(text) }
    using _staying = stayWith(task, company)
    this.exitStatus = await seeThrough(task, options)
    return { exitStatus: this.exitStatus }
  }
}
