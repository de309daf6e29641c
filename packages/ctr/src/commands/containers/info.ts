// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { containerJson, decodedSpec } from '../../output/container.ts'

export default class ContainersInfo extends CtrCommand<unknown> {
  static override summary = 'print what is known of a container'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }
  static override flags = { spec: Flags.boolean({ summary: 'print the runtime spec only' }) }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ContainersInfo)
    await using client = this.connect()
    const container = await this.namespaceOf(client).containers.get(args.id, { signal: this.signal })
    const result = flags.spec ? decodedSpec(container.spec) : containerJson(container)
    this.printLine(JSON.stringify(result, undefined, 4))
    return result
  }
}
