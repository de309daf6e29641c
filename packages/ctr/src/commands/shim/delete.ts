// SPDX-License-Identifier: Apache-2.0
import { CtrCommand } from '../../cli/ctr-command.ts'
import { connectShim, shimFlags } from '../../cli/shim-client.ts'

export default class ShimDelete extends CtrCommand<{ readonly exitStatus: number }> {
  static override summary = 'delete a container through its shim'
  static override flags = shimFlags

  override async run(): Promise<{ readonly exitStatus: number }> {
    const { flags } = await this.parse(ShimDelete)
    await using shim = await connectShim(flags, this.global, { signal: this.signal })
    const { exitStatus } = await shim.task.delete({ id: flags.id ?? '' })
    this.printLine(`container deleted with exit status ${exitStatus}`)
    return { exitStatus }
  }
}
