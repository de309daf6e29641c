// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { goJson } from '@containerd-ts/api'
import { StateResponseSchema as StateV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { StateResponseSchema as StateV3 } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { connectShim, shimFlags } from '../../cli/shim-client.ts'

export default class ShimState extends CtrCommand<unknown> {
  static override summary = 'print the state of a process from its shim'
  static override flags = {
    ...shimFlags,
    'task-id': Flags.string({ char: 't', summary: "task id, where it is not the shim's" }),
    'api-version': Flags.integer({ summary: 'version of the task API', options: ['2', '3'], default: 3 }),
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ShimState)
    const options = { signal: this.signal, version: flags['api-version'] }
    await using shim = await connectShim(flags, this.global, options)
    const state = await shim.task.state({ id: flags['task-id'] ?? flags.id ?? '' })
    const result = JSON.parse(goJson(flags['api-version'] >= 3 ? StateV3 : StateV2, state)) as unknown
    this.printLine(JSON.stringify(result, undefined, 4))
    return result
  }
}
