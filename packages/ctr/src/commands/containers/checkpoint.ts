// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class ContainersCheckpoint extends CtrCommand<never> {
  static override summary = 'store a checkpoint of a container as an image; not supported yet'
  static override args = {
    id: Args.string({ required: true, description: 'container id' }),
    ref: Args.string({ required: true, description: 'name of the checkpoint' }),
  }
  static override flags = {
    rw: Flags.boolean({ summary: 'include what was written' }),
    image: Flags.boolean({ summary: 'include the image' }),
    task: Flags.boolean({ summary: 'include the running process' }),
  }

  override async run(): Promise<never> {
    await this.parse(ContainersCheckpoint)
    throw new UnimplementedError('containers checkpoint is not supported')
  }
}
