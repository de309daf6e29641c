// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { checkpointContainer } from '@containerd-ts/client'
import type { Image } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class ContainersCheckpoint extends CtrCommand<Image> {
  static override summary = 'store a checkpoint of a container as an image'
  static override args = {
    id: Args.string({ required: true, description: 'container id' }),
    ref: Args.string({ required: true, description: 'name of the checkpoint' }),
  }
  static override flags = {
    rw: Flags.boolean({ summary: 'include what was written' }),
    image: Flags.boolean({ summary: 'include the image' }),
    task: Flags.boolean({ summary: 'include the running process' }),
  }

  override async run(): Promise<Image> {
    const { args, flags } = await this.parse(ContainersCheckpoint)
    await using client = this.connect()
    const { rw, image, task } = flags
    const request = { id: args.id, name: args.ref, rw, image, task }
    return await checkpointContainer(this.namespaceOf(client), request, { signal: this.signal })
  }
}
