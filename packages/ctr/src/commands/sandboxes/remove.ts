// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { describe } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'

export default class SandboxesRemove extends CtrCommand<readonly string[]> {
  static override summary = 'remove sandboxes'
  static override strict = false
  static override usage = '[command options] ID...'
  static override flags = { force: Flags.boolean({ char: 'f', summary: 'remove the record whatever its shim says' }) }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(SandboxesRemove)
    await using client = this.connect()
    const { sandboxes, sandboxController } = this.namespaceOf(client)
    const options = { signal: this.signal }
    return await eachOf(
      argv as string[],
      async (id) => {
        const sandbox = await sandboxes.get(id, options)
        try {
          await sandboxController.stop(sandbox, options)
          await sandboxController.shutdown(sandbox, options)
        } catch (error) {
          if (!flags.force) throw error
          this.warn(`sandbox ${id}: ${describe(error)}`)
        }
        await sandboxes.delete(id, options)
        this.printLine(id)
      },
      (id, error) => this.warn(`failed to remove sandbox ${id}: ${describe(error)}`),
    )
  }
}
