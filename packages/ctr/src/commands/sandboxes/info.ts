// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { sandboxJson } from '../../output/container.ts'

export default class SandboxesInfo extends CtrCommand<unknown> {
  static override summary = 'print what is known of a sandbox'
  static override args = { id: Args.string({ required: true, description: 'sandbox id' }) }

  override async run(): Promise<unknown> {
    const { args } = await this.parse(SandboxesInfo)
    await using client = this.connect()
    const result = sandboxJson(await this.namespaceOf(client).sandboxes.get(args.id, { signal: this.signal }))
    this.printLine(JSON.stringify(result, undefined, 4))
    return result
  }
}
