// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class ContainersRestore extends CtrCommand<never> {
  static override summary = 'make a container from a checkpoint; not supported yet'
  static override args = {
    id: Args.string({ required: true, description: 'container id' }),
    ref: Args.string({ required: true, description: 'name of the checkpoint' }),
  }
  static override flags = {
    rw: Flags.boolean({ summary: 'restore what was written' }),
    live: Flags.boolean({ summary: 'restore the running process' }),
  }

  override async run(): Promise<never> {
    await this.parse(ContainersRestore)
    throw new UnimplementedError('containers restore is not supported')
  }
}
