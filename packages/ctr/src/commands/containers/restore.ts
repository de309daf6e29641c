// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { createTask, restoreContainer } from '@containerd-ts/client'
import type { Container } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { Console } from '../../run/console.ts'
import { ioRequest } from '../../run/io-flags.ts'
import { seeThrough } from '../../run/see-through.ts'
import { startWith } from '../../run/stay-with.ts'
import { processSpecOf } from '../../run/spec-of.ts'

const noIoFlags = { 'log-uri': undefined, 'fifo-dir': undefined, detach: false }

export default class ContainersRestore extends CtrCommand<Container> {
  static override summary = 'make a container of a checkpoint and run it'
  static override args = {
    id: Args.string({ required: true, description: 'id of the new container' }),
    ref: Args.string({ required: true, description: 'name of the checkpoint' }),
  }
  static override flags = {
    rw: Flags.boolean({ summary: 'restore what was written' }),
    live: Flags.boolean({ summary: 'restore the running process' }),
  }

  override async run(): Promise<Container> {
    const { args, flags } = await this.parse(ContainersRestore)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const checkpoint = await namespace.images.get(args.ref, options)
    const request = { id: args.id, checkpoint, rw: flags.rw, task: flags.live }
    const { container, process } = await restoreContainer(namespace, request, options)
    const terminal = processSpecOf(container).terminal ?? false
    using console = terminal ? Console.open() : undefined
    const io = ioRequest(noIoFlags, terminal, console)
    await using task = await createTask(
      namespace,
      container,
      { io, ...(flags.live ? { checkpoint: process } : {}) },
      options,
    )
    const company = { console, interrupts: this.context.interrupts, onWarning: (text: string) => this.warn(text) }
    using _staying = await startWith(task, company, options)
    this.exitStatus = await seeThrough(task, options)
    return container
  }
}
