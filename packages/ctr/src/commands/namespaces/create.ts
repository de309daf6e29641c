// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { parseNamespace } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { parseLabels } from '../../output/units.ts'

export default class NamespacesCreate extends CtrCommand<{ readonly name: string }> {
  static override summary = 'create a namespace'
  static override strict = false
  static override usage = '[command options] NAME [KEY=VALUE...]'
  static override args = { name: Args.string({ required: true, description: 'name of the namespace' }) }

  override async run(): Promise<{ readonly name: string }> {
    const { args, argv } = await this.parse(NamespacesCreate)
    await using client = this.connect()
    const labels = parseLabels((argv as string[]).slice(1))
    await client.namespaces.create(parseNamespace(args.name), labels, { signal: this.signal })
    return { name: args.name }
  }
}
