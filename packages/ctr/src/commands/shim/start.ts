// SPDX-License-Identifier: Apache-2.0
import { CtrCommand } from '../../cli/ctr-command.ts'
import { connectShim, shimFlags } from '../../cli/shim-client.ts'

export default class ShimStart extends CtrCommand<{ readonly pid: number }> {
  static override summary = 'start a container through its shim'
  static override flags = shimFlags

  override async run(): Promise<{ readonly pid: number }> {
    const { flags } = await this.parse(ShimStart)
    await using shim = await connectShim(flags, this.global, { signal: this.signal })
    const { pid } = await shim.task.start({ id: flags.id ?? '' })
    return { pid }
  }
}
