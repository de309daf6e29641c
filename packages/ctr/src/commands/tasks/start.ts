// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import { createTask } from '@containerd-ts/client'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { Console } from '../../run/console.ts'
import { ioFlags, ioRequest, nullIoFlag } from '../../run/io-flags.ts'
import { seeThrough } from '../../run/see-through.ts'
import { startWith } from '../../run/stay-with.ts'
import { processSpecOf } from '../../run/spec-of.ts'

interface StartResult {
  readonly id: string
  readonly pid: number
}

export default class TasksStart extends CtrCommand<StartResult> {
  static override summary = 'start a container that was created'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }
  static override flags = {
    'no-pivot': Flags.boolean({ summary: 'do not use pivot_root' }),
    'null-io': nullIoFlag,
    ...ioFlags,
    'pid-file': Flags.string({ summary: 'file to write the process id to' }),
  }

  override async run(): Promise<StartResult> {
    const { args, flags } = await this.parse(TasksStart)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const container = await namespace.containers.get(args.id, options)
    const terminal = processSpecOf(container).terminal ?? false
    using console = terminal && !flags.detach ? Console.open() : undefined
    const io = ioRequest(flags, terminal, console)
    const request = { io, detached: flags.detach, noPivotRoot: flags['no-pivot'] }
    await using task = await createTask(namespace, container, request, options)
    if (flags['pid-file'] !== undefined) await writeFile(flags['pid-file'], String(task.task.pid))
    if (flags.detach) {
      const pid = await task.start(options)
      await task.detach()
      return { id: args.id, pid }
    }
    const company = { console, interrupts: this.context.interrupts, onWarning: (text: string) => this.warn(text) }
    using staying = await startWith(task, company, options)
    this.exitStatus = await seeThrough(task, options)
    return { id: args.id, pid: staying.pid }
  }
}
