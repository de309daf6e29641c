// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { parseSignal } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'

const stopSignalLabel = 'io.containerd.image.config.stop-signal'

export default class TasksKill extends CtrCommand<{ readonly signal: number }> {
  static override summary = 'signal a container'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }
  static override flags = {
    signal: Flags.string({
      char: 's',
      summary: 'signal, by name or number (default: the stop signal of the image, or SIGTERM)',
    }),
    'exec-id': Flags.string({ summary: 'signal this process' }),
    all: Flags.boolean({ char: 'a', summary: 'signal all processes of the container' }),
  }

  override async run(): Promise<{ readonly signal: number }> {
    const { args, flags } = await this.parse(TasksKill)
    if (flags.all && flags['exec-id'] !== undefined)
      throw new InvalidArgumentError('specify an exec-id or all; not both')
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const { labels } = await namespace.containers.get(args.id, options)
    const signal = parseSignal(flags.signal ?? labels[stopSignalLabel] ?? 'SIGTERM')
    const task = await namespace.tasks.get(args.id, options)
    await task.kill(signal, { ...options, execId: flags['exec-id'], all: flags.all })
    return { signal }
  }
}
